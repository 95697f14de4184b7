// Sums for Strassen's algorithm, two levels deep (V. Strassen, Gaussian elimination is not optimal,
// 1969): of A's quarters and of their quarters, of B's, and of the products in C.
//
// Product r is (sum r of A's quarters) (sum r of B's), and is added to the quarters of C that sum r
// of C's has. In the adjoint in B, A' D, the sums of B and C change places; those of A stay.
//
// Each of the seven is such a product again. A quarter's quarter is called a block; rows and columns
// that the last blocks lack count as zero.

enum {
  slab = CK_SLAB_ROWS,
  seven = 7,
  /// Vectors of a panel's rows; the last panel may have more.
  panel_vectors = 2,
  /// How far ahead B is fetched, in rows.
  rows_ahead = 8,
};
_Static_assert(CK_QUARTER_PRODUCTS == seven * seven, "two levels");

/// A sum of quarters, numbered by rows (0 1; 2 3): the first, and 1, 0 or -1 times the second.
typedef struct {
  int8_t first, second, sign;
} quarter_sum;

static const quarter_sum sums_of_a[seven] = {
  {0, 3, 1}, {2, 3, 1}, {0, 0, 0}, {3, 0, 0}, {0, 1, 1}, {2, 0, -1}, {1, 3, -1},
};
static const quarter_sum sums_of_b[seven] = {
  {0, 3, 1}, {0, 0, 0}, {1, 3, -1}, {2, 0, -1}, {3, 0, 0}, {0, 1, 1}, {2, 3, 1},
};
static const quarter_sum sums_of_c[seven] = {
  {0, 3, 1}, {2, 3, -1}, {1, 3, 1}, {0, 2, 1}, {1, 0, -1}, {3, 0, 0}, {0, 0, 0},
};

/// Rows or columns of a block.
INLINE int64_t block_size(int64_t n) { return pieces_of(n, 4); }

/// Where block `inner` of quarter `outer` is, in blocks.
INLINE int block_row(int outer, int inner) { return outer / 2 * 2 + inner / 2; }
INLINE int block_column(int outer, int inner) { return outer % 2 * 2 + inner % 2; }

INLINE V sum_of(quarter_sum of, V first, V second) {
  return of.sign > 0 ? first + second : of.sign < 0 ? first - second : first;
}

INLINE V sum_in(quarter_sum of, const V quarters[4]) {
  return sum_of(of, quarters[of.first], quarters[of.second]);
}

// ---- Of A: matrices of slabs of `slab` rows, column by column; a last slab is filled up with zeros.

/// Row i of a block from column j on, filled up with zeros.
INLINE void copy_of_block(
  int64_t rows, int64_t columns, const E *a, int block, int64_t i, int64_t j, int64_t count, E *to) {
  const int64_t row = i + block / 4 * block_size(rows), column = j + block % 4 * block_size(columns);
  const bool is_there = i < block_size(rows) && row < rows;
  const int64_t there = is_there ? larger(0, smaller(count, columns - column)) : 0;
  if (there > 0) memcpy(to, a + row * columns + column, (size_t)there * sizeof(E));
  memset(to + there, 0, (size_t)(count - there) * sizeof(E));
}

static void quarter(int64_t rows, int64_t columns, const void *a, void *sums_start) {
  enum { most_columns = 32 };
  E copies[16][most_columns], sum[seven * seven][slab][most_columns];
  E *sums = sums_start;
  const int64_t slabs = pieces_of(block_size(rows), slab), slab_size = block_size(columns) * slab;
  for (int64_t s = 0; s < slabs; s++) {
    for (int64_t j = 0; j < block_size(columns); j += most_columns) {
      const int64_t here = smaller(most_columns, block_size(columns) - j);
      for (int64_t i = 0; i < slab; i++) {
        for (int block = 0; block < 16; block++)
          copy_of_block(rows, columns, a, block, s * slab + i, j, here, copies[block]);
        for (int64_t e = 0; e < here; e += vector_length) {
          const Part part = part_of(smaller(vector_length, here - e));
          for (int r = 0; r < seven; r++) {
            const quarter_sum of = sums_of_a[r];
            V x[4];
            for (int in = 0; in < 4; in++)
              x[in] = sum_of(
                of, load_part(part, copies[4 * block_row(of.first, in) + block_column(of.first, in)] + e),
                load_part(part, copies[4 * block_row(of.second, in) + block_column(of.second, in)] + e));
            for (int t = 0; t < seven; t++)
              store_part(part, sum[seven * r + t][i] + e, sum_in(sums_of_a[t], x));
          }
        }
      }
      for (int r = 0; r < seven * seven; r++)
        transpose_elements(
          slab, here, sum[r][0], most_columns, sums + (r * slabs + s) * slab_size + j * slab, slab);
    }
  }
}

// ---- Of B and C.

/// What stays the same throughout a product.
typedef struct {
  const ck_product *p;
  /// Rows, terms and columns of the product of two blocks.
  int64_t m, k, n;
  /// Whether A is transposed: then slabs lie along the terms.
  bool transposed;
  /// From a slab of A's sums to the next, and from a sum to the next.
  int64_t slab_size, sum_size;
} quartered;

/// What A's sums are multiplied with at once: terms `first` on, `depth` of them (whole slabs where A
/// is transposed: then some past the last, which are zero), and columns.
typedef struct {
  int64_t first, depth, column, columns;
} quarter_range;

/// The panel of columns at column j of a range: a half vector at the end is best computed beside more
/// than one whole one.
INLINE panel quarter_panel(int64_t j, int64_t columns) {
  const int64_t width = panel_vectors * vector_length, whole = columns / width;
  const int64_t last = (whole - (whole > 0 && ends_in_half(columns))) * width;
  return panel_at(j, columns, j == last ? MAX_TILE_VECTORS : panel_vectors, true);
}

INLINE int64_t width_of(panel of) { return of.vectors * vector_length; }

/// Vectors of a block of B, row after row: where they are, and how much of them is there.
typedef struct {
  const E *next;
  int64_t rows;
  Part part;
} block_vectors;

INLINE block_vectors vectors_at(
  const quartered *q, const E *b, quarter_range at, int64_t j, int outer, int inner) {
  const int64_t row = at.first + block_row(outer, inner) * q->k;
  const int64_t column = at.column + j + block_column(outer, inner) * q->n;
  const int64_t columns = smaller(smaller(vector_length, at.columns - j), q->p->n - column);
  const int64_t rows = smaller(q->k - at.first, q->p->k - row);
  return (block_vectors){
    b + row * q->p->b_row + column, columns > 0 ? rows : 0, part_of(larger(columns, 1))};
}

INLINE V next_of(block_vectors *of, int64_t l, int64_t b_row) {
  const V x = l < of->rows ? load_part(of->part, of->next) : splat(0);
  // A vector lies in two lines of the cache: the first is the last one of the vector beside it.
  __builtin_prefetch(of->next + rows_ahead * b_row + vector_length - 1);
  of->next += b_row;
  return x;
}

/// The seven sums of the blocks of a sum of B's quarters: panel by panel, each of the seven by itself,
/// term by term. The sums are constants here and where products are added up, so that all stays in
/// registers.
INLINE void pack_sum_of(
  const quarter_sum sums[seven], quarter_sum of, const quartered *q, const E *b, quarter_range at,
  E *packed) {
  const int64_t b_row = q->p->b_row;
  for (int64_t j = 0; j < at.columns;) {
    const panel to = quarter_panel(j, at.columns);
    const int64_t width = width_of(to), size = at.depth * width;
    for (int64_t v = 0; v < width; v += vector_length) {
      block_vectors first[4], second[4];
      for (int inner = 0; inner < 4; inner++) {
        first[inner] = vectors_at(q, b, at, j + v, of.first, inner);
        second[inner] = vectors_at(q, b, at, j + v, of.second, inner);
      }
      E *p = packed + v;
      for (int64_t l = 0; l < at.depth; l++, p += width) {
        V x[4];
        UNROLL for (int inner = 0; inner < 4; inner++) {
          x[inner] = next_of(&first[inner], l, b_row);
          if (of.sign) x[inner] = sum_of(of, x[inner], next_of(&second[inner], l, b_row));
        }
        UNROLL for (int t = 0; t < seven; t++) store(p + t * size, sum_in(sums[t], x));
      }
    }
    packed += seven * size;
    j += to.width;
  }
}

static void pack_sum(const quartered *q, int r, const E *b, quarter_range at, E *packed) {
  if (q->transposed) pack_sum_of(sums_of_c, sums_of_c[r], q, b, at, packed);
  else pack_sum_of(sums_of_b, sums_of_b[r], q, b, at, packed);
}

/// Adds the seven products of blocks up, and what they make to one or two quarters of `to`: four blocks
/// each, one after another, each of `size` elements.
INLINE void add_products_of(
  const quarter_sum sums[seven], quarter_sum of, const E *products, int64_t size, E *to) {
  E *first = to + 4 * of.first * size, *second = to + 4 * of.second * size;
  for (int64_t e = 0; e < size; e += vector_length) {
    V blocks[4];
    bool has[4] = {false, false, false, false};
    UNROLL for (int t = 0; t < seven; t++) {
      const V x = load(products + t * size + e);
      const int i = sums[t].first, j = sums[t].second;
      blocks[i] = has[i] ? blocks[i] + x : x;
      has[i] = true;
      if (sums[t].sign == 0) continue;
      blocks[j] = has[j] ? sum_of(sums[t], blocks[j], x) : x;
      has[j] = true;
    }
    UNROLL for (int block = 0; block < 4; block++) {
      E *p = first + block * size + e, *s = second + block * size + e;
      store(p, load(p) + blocks[block]);
      if (of.sign) store(s, sum_of(of, load(s), blocks[block]));
    }
  }
}

/// Sum r of C's quarters, or of B's where these change places.
INLINE quarter_sum result_of(const quartered *q, int r) {
  return q->transposed ? sums_of_b[r] : sums_of_c[r];
}

static void add_products(const quartered *q, int r, const E *products, int64_t size, E *to) {
  if (q->transposed) add_products_of(sums_of_b, sums_of_b[r], products, size, to);
  else add_products_of(sums_of_c, sums_of_c[r], products, size, to);
}

/// Brings block `inner` of what a product is added to near while that is made.
INLINE void fetch_block(quarter_sum of, int inner, int64_t size, const E *to) {
  const E *first = to + (4 * of.first + inner) * size, *second = to + (4 * of.second + inner) * size;
  for (int64_t e = 0; e < size; e += 64 / (int64_t)sizeof(E)) {
    __builtin_prefetch(first + e, 1);
    if (of.sign) __builtin_prefetch(second + e, 1);
  }
}

/// Rows `first` to `end` of every block of C.
typedef struct {
  int64_t first, end;
} block_rows;

/// Copies rows of C to where products are added up - slab by slab and panel by panel, 16 blocks each -
/// from C as it is, or from a row of biases; or, where `to` is not NULL, from there to C.
INLINE void copy_blocks(
  const quartered *q, quarter_range at, block_rows rows, const E *from, int64_t from_row, E *sums,
  bool relu, E *to) {
  for (int64_t i = rows.first; i < rows.end; i += slab) {
    for (int64_t j = 0; j < at.columns;) {
      const panel of = quarter_panel(j, at.columns);
      const int64_t width = width_of(of);
      for (int block = 0; block < 16; block++, sums += slab * width) {
        const int64_t row = i + block_row(block / 4, block % 4) * q->m;
        const int64_t column = at.column + j + block_column(block / 4, block % 4) * q->n;
        const int64_t rows_there = smaller(smaller(slab, rows.end - i), q->p->m - row);
        const int64_t columns_there = smaller(of.width, q->p->n - column);
        for (int64_t y = 0; y < rows_there; y++) {
          for (int64_t x = 0; x < columns_there; x += vector_length) {
            const Part part = part_of(smaller(vector_length, columns_there - x));
            E *sum = sums + y * width + x;
            if (to) {
              E *place = to + (row + y) * q->p->c_row + column + x;
              store_part(part, place, relu ? rectified(load(sum)) : load(sum));
            } else {
              store(sum, load_part(part, from + (row + y) * from_row + column + x));
            }
          }
        }
      }
      j += of.width;
    }
  }
}

CALLED(quarter, ck_quartering, quarter(d->rows, d->columns, AT(a), AT(sums)))
