// Products with a large matrix that stays while B changes, such as a task's data: Strassen's
// algorithm, one level deep (V. Strassen, Gaussian elimination is not optimal, 1969). Seven products
// of half the size in every direction take the place of eight, and what they need of A - sums of
// its quarters - is made once, in reading order.
//
// Product r is (sum r of A's quarters) (sum r of B's), and a quarter of C adds up some of the seven.
// The adjoint in B, A' D, is the same algorithm turned round: what was added up in B's sums comes
// out, what came out goes in, and the sums of A are the very same.
//
// A row or column that a second half lacks counts as zero.

enum {
  slab = CK_SLAB_ROWS,
  seven = CK_QUARTER_PRODUCTS,
  /// Vectors of a register tile and its columns; the last panel may have more.
  quarter_vectors = 2,
  quarter_width = quarter_vectors * vector_length,
  /// Terms that are added up at once: the operands of a few tiles stay in the second cache.
  most_quarter_terms = 28 * lanes,
  /// Rows of a quarter of C that are computed in turn, and columns of B that are copied at once.
  quarter_block_rows = 3 * slab,
  quarter_block_columns = 512,
};

/// A sum of quarters, numbered by rows (0 1; 2 3): the first, and 1, 0 or -1 times the second.
typedef struct {
  int8_t first, second, sign;
} quarter_sum;

/// What is added up before and after the seven products. Quarters of the result on the diagonal are
/// a + b - c + d of these, those beside it a + b.
typedef struct {
  quarter_sum of_operand[seven];
  int8_t diagonal[2][4], beside[2][2];
} quarter_scheme;

static const quarter_sum sums_of_a[seven] = {
  {0, 3, 1}, {2, 3, 1}, {0, 0, 0}, {3, 0, 0}, {0, 1, 1}, {2, 0, -1}, {1, 3, -1},
};
static const quarter_scheme scheme_of_product = {
  {{0, 3, 1}, {0, 0, 0}, {1, 3, -1}, {2, 0, -1}, {3, 0, 0}, {0, 1, 1}, {2, 3, 1}},
  {{0, 3, 4, 6}, {0, 2, 1, 5}},
  {{2, 4}, {1, 3}},
};
static const quarter_scheme scheme_of_adjoint = {
  {{0, 3, 1}, {2, 3, -1}, {1, 3, 1}, {0, 2, 1}, {1, 0, -1}, {3, 0, 0}, {0, 0, 0}},
  {{0, 1, 3, 5}, {0, 4, 2, 6}},
  {{2, 5}, {3, 6}},
};

INLINE int64_t half_of(int64_t n) { return pieces_of(n, 2); }

INLINE V sum_of(quarter_sum of, const V x[4]) {
  const V first = x[of.first], second = x[of.second];
  return of.sign > 0 ? first + second : of.sign < 0 ? first - second : first;
}

// ---- Sums of A's quarters: seven matrices of slabs of `slab` rows, column by column; a last slab is
// filled up with zeros.

/// Row i of quarter `at` from column j on, filled up with zeros.
INLINE void copy_of_quarter(
  int64_t rows, int64_t columns, const E *a, int at, int64_t i, int64_t j, int64_t count, E *to) {
  const int64_t row = i + at / 2 * half_of(rows), column = j + at % 2 * half_of(columns);
  const bool is_there = i < half_of(rows) && row < rows;
  const int64_t there = is_there ? smaller(count, columns - column) : 0;
  if (there > 0) memcpy(to, a + row * columns + column, (size_t)there * sizeof(E));
  memset(to + there, 0, (size_t)(count - there) * sizeof(E));
}

static void quarter(int64_t rows, int64_t columns, const void *a, void *sums_start) {
  enum { most_columns = 256 };
  E copies[4][most_columns], sum[seven][slab][most_columns];
  E *sums = sums_start;
  const int64_t slabs = pieces_of(half_of(rows), slab), slab_size = half_of(columns) * slab;
  for (int64_t s = 0; s < slabs; s++) {
    for (int64_t j = 0; j < half_of(columns); j += most_columns) {
      const int64_t here = smaller(most_columns, half_of(columns) - j);
      for (int64_t i = 0; i < slab; i++) {
        for (int at = 0; at < 4; at++)
          copy_of_quarter(rows, columns, a, at, s * slab + i, j, here, copies[at]);
        for (int64_t e = 0; e < here; e += vector_length) {
          const Part part = part_of(smaller(vector_length, here - e));
          V x[4];
          for (int at = 0; at < 4; at++) x[at] = load_part(part, copies[at] + e);
          for (int r = 0; r < seven; r++) store_part(part, sum[r][i] + e, sum_of(sums_of_a[r], x));
        }
      }
      for (int r = 0; r < seven; r++)
        transpose_elements(
          slab, here, sum[r][0], most_columns, sums + (r * slabs + s) * slab_size + j * slab, slab);
    }
  }
}

// ---- Products with them.

/// What stays the same throughout a product.
typedef struct {
  const ck_product *p;
  /// Rows, terms and columns of a quarter's product.
  int64_t m, k, n;
  /// Whether A is transposed: then slabs lie along the terms.
  bool transposed;
  /// From a slab of A's sums to the next, and from a sum to the next.
  int64_t slab_size, sum_size;
} quartered;

INLINE quartered quartered_of(const ck_product *p) {
  quartered q = {
    .p = p, .m = half_of(p->m), .k = half_of(p->k), .n = half_of(p->n),
    .transposed = p->a_row == 1 && p->a_column != 1,
  };
  q.slab_size = (q.transposed ? q.m : q.k) * slab;
  q.sum_size = pieces_of(q.transposed ? q.k : q.m, slab) * q.slab_size;
  return q;
}

/// What A's sums are multiplied with at once: terms `first` on, `depth` of them (whole slabs where A
/// is transposed: then some past the last, which are zero), and columns.
typedef struct {
  int64_t first, depth, column, columns;
} quarter_block;

/// Where the last panel begins: a half vector is best computed beside more than one whole one.
INLINE int64_t last_panel(int64_t columns) {
  const int64_t whole = columns / quarter_width;
  return (whole - (whole > 0 && ends_in_half(columns))) * quarter_width;
}

INLINE int64_t most_panel_vectors(int64_t j, int64_t columns) {
  return j == last_panel(columns) ? MAX_TILE_VECTORS : quarter_vectors;
}

/// Rows of a tile: a slab is cut evenly.
INLINE int64_t slab_tile_rows(int64_t vectors) {
  return slab / pieces_of(slab, most_rows[vectors - 1]);
}

static void plan_quartered(ck_product *p) {
  const int64_t k = larger(half_of(p->k), 1), n = half_of(p->n);
  p->form = CK_QUARTERED;
  p->depth = pieces_of(pieces_of(k, pieces_of(k, most_quarter_terms)), slab) * slab;
  p->workspace = seven * p->depth * pieces_of(smaller(quarter_block_columns, n), quarter_width) * quarter_width;
}

/// Sums of B's quarters: panel by panel, each of the seven by itself, term by term. The scheme is a
/// constant here and where the products are added up, so that all stays in registers.
INLINE void pack_quarters_of(
  const quarter_scheme *scheme, const quartered *q, const E *b, quarter_block at, E *packed) {
  const int64_t all_right = q->p->n - q->n - at.column, last = last_panel(at.columns);
  for (int64_t l = 0; l < at.depth; l++) {
    const int64_t upper = at.first + l, lower = upper + q->k;
    for (int64_t j = 0; j < at.columns; j += vector_length) {
      const int64_t left = smaller(vector_length, at.columns - j);
      V x[4];
      UNROLL for (int e = 0; e < 4; e++) {
        const int64_t there = e % 2 ? smaller(left, all_right - j) : left;
        const bool is_there = upper < q->k && (e < 2 || lower < q->p->k) && there > 0;
        const E *row = b + (e < 2 ? upper : lower) * q->p->b_row + at.column;
        x[e] = is_there ? load_part(part_of(there), row + j + e % 2 * q->n) : splat(0);
      }
      const int64_t start = smaller(j / quarter_width * quarter_width, last);
      const int64_t end = start == last ? at.columns : start + quarter_width;
      const int64_t width = pieces_of(end - start, vector_length) * vector_length;
      E *to = packed + seven * at.depth * start + l * width + j - start;
      UNROLL for (int r = 0; r < seven; r++)
        store(to + r * at.depth * width, sum_of(scheme->of_operand[r], x));
    }
  }
}

static void pack_quarters(const quartered *q, const E *b, quarter_block at, E *packed) {
  if (q->transposed) pack_quarters_of(&scheme_of_adjoint, q, b, at, packed);
  else pack_quarters_of(&scheme_of_product, q, b, at, packed);
}

/// A place in C: row and column of a quarter, and how much of it is there.
typedef struct {
  int64_t row, column, rows, columns;
} quarter_place;

/// The same in quarter `at`, counted in C.
INLINE quarter_place place_in(const quartered *q, quarter_place of, int at) {
  const int64_t row = of.row + at / 2 * q->m, column = of.column + at % 2 * q->n;
  return (quarter_place){
    row, column, smaller(of.rows, q->p->m - row), smaller(of.columns, q->p->n - column)};
}

/// The seven products of a slab and a panel of columns, one after another. Meanwhile the places that
/// these are added to are fetched.
INLINE void multiply_quarters(
  const quartered *q, const walk *w, const tile_function *tiles_of_rows, const E *a, const E *b,
  quarter_place place, const E *c, E *product) {
  const int64_t width = w->b_row, tile_rows = slab_tile_rows(width / vector_length);
  for (int r = 0; r < seven; r++) {
    if (r < 4) {
      const quarter_place to = place_in(q, place, r);
      for (int64_t i = 0; i < to.rows; i++)
        for (int64_t j = 0; j <= to.columns; j += vector_length)
          __builtin_prefetch(c + (to.row + i) * q->p->c_row + to.column + smaller(j, to.columns - 1), 1);
    }
    for (int64_t i = 0; i < place.rows; i += tile_rows)
      tiles_of_rows[smaller(tile_rows, place.rows - i) - 1](
        w, a + r * q->sum_size + i * w->a_row, b + r * w->pieces * w->depth * width, NULL,
        product + (r * slab + i) * width);
  }
}

/// Adds them up in the four quarters of C.
INLINE void add_quarters_of(
  const quarter_scheme *scheme, const quartered *q, const E *product, int64_t width,
  quarter_place place, const E *initial, int64_t initial_row, bool relu, E *c) {
  const int64_t size = slab * width;
  UNROLL for (int at = 0; at < 4; at++) {
    const quarter_place to = place_in(q, place, at);
    const bool is_diagonal = at == 0 || at == 3;
    const int8_t *of = is_diagonal ? scheme->diagonal[at / 2] : scheme->beside[at / 2];
    for (int64_t i = 0; i < to.rows; i++) {
      for (int64_t j = 0; j < to.columns; j += vector_length) {
        const Part part = part_of(smaller(vector_length, to.columns - j));
        const E *x = product + i * width + j;
        V sum = load(x + of[0] * size) + load(x + of[1] * size);
        if (is_diagonal) sum = sum - load(x + of[2] * size) + load(x + of[3] * size);
        const int64_t row = to.row + i, column = to.column + j;
        if (initial) sum = load_part(part, initial + row * initial_row + column) + sum;
        store_part(part, c + row * q->p->c_row + column, relu ? rectified(sum) : sum);
      }
    }
  }
}

static void add_quarters(
  const quartered *q, const E *product, int64_t width, quarter_place place, const E *initial,
  int64_t initial_row, bool relu, E *c) {
  if (q->transposed)
    add_quarters_of(&scheme_of_adjoint, q, product, width, place, initial, initial_row, relu, c);
  else add_quarters_of(&scheme_of_product, q, product, width, place, initial, initial_row, relu, c);
}

/// Adds the terms of a block to C.
static void add_block(
  const quartered *q, const E *sums, const E *packed, quarter_block at, const E *initial,
  int64_t initial_row, bool relu, E *c) {
  E product[seven * slab * MAX_TILE_VECTORS * vector_length] __attribute__((aligned(64)));
  walk w = {.pieces = 1, .blocks = 1, .depth = at.depth, .a_column = slab};
  set_rows(&w, 1);
  const E *a = sums + at.first * slab;
  // From one slab of rows to the next.
  int64_t next = q->slab_size;
  if (q->transposed) {
    w = (walk){
      .pieces = at.depth / slab, .blocks = 1, .depth = slab, .a_column = 1, .a_piece = q->slab_size,
    };
    set_rows(&w, slab);
    a = sums + at.first / slab * q->slab_size;
    next = slab * slab;
  }
  w.a_ahead = quarter_block_rows / slab * next;
  for (int64_t i0 = 0; i0 < q->m; i0 += quarter_block_rows) {
    const int64_t end = smaller(q->m, i0 + quarter_block_rows);
    for (int64_t j = 0; j < at.columns;) {
      const panel of = panel_at(j, at.columns, most_panel_vectors(j, at.columns), true);
      w.b_row = w.c_row = of.vectors * vector_length;
      w.b_piece = slab * w.b_row;
      w.tail = of.tail;
      for (int64_t i = i0; i < end; i += slab) {
        const quarter_place place = {i, at.column + j, smaller(slab, end - i), of.width};
        // The first panel fetches what the next rows need.
        const bool fetches = j == 0 && of.width == quarter_width && i + quarter_block_rows < q->m;
        multiply_quarters(
          q, &w, fetches ? slab_tiles : of.of_rows, a + i / slab * next,
          packed + seven * at.depth * j, place, c, product);
        add_quarters(q, product, w.b_row, place, initial, initial_row, relu, c);
      }
      j += of.width;
    }
  }
}

static void quartered_product(
  const ck_product *p, const E *sums, const E *b, const E *bias, E *c, E *packed) {
  const quartered q = quartered_of(p);
  const E *initial = p->initial == CK_BIAS ? bias : p->initial == CK_ACCUMULATE ? c : NULL;
  int64_t initial_row = p->initial == CK_BIAS ? 0 : p->c_row;
  for (int64_t l = 0; l < q.k; l += p->depth) {
    const int64_t depth = smaller(p->depth, q.k - l);
    quarter_block at = {.first = l, .depth = q.transposed ? pieces_of(depth, slab) * slab : depth};
    for (at.column = 0; at.column < q.n; at.column += quarter_block_columns) {
      at.columns = smaller(quarter_block_columns, q.n - at.column);
      pack_quarters(&q, b, at, packed);
      add_block(&q, sums, packed, at, initial, initial_row, p->relu && l + depth == q.k, c);
    }
    initial = c;
    initial_row = p->c_row;
  }
}
