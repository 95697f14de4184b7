// Products with a large matrix that stays while B changes, such as a task's data: by Strassen's
// algorithm, 49 products of blocks in place of 64. What they need of A is made once, in reading order,
// for products with A and with its transpose alike (`strassen_sums.h`).

enum {
  /// Terms that are added up at once, and columns of a block: seven sums of B stay in the second cache.
  most_quarter_terms = 14 * lanes,
  most_quarter_columns = 6 * vector_length,
  /// Rows of every block of C that are computed in turn, so that what is added up stays there too; all of
  /// them where they are few: then B is packed for one product of quarters at a time.
  quarter_group_rows = 4 * slab,
  few_quarter_rows = 24 * slab,
};

INLINE int64_t rows_of_group(int64_t m) {
  return m <= few_quarter_rows ? larger(1, pieces_of(m, slab)) * slab : quarter_group_rows;
}

/// Elements of the columns of a block that are worked on at once, in whole vectors.
INLINE int64_t width_of_range(int64_t n) {
  return pieces_of(smaller(most_quarter_columns, n), vector_length) * vector_length;
}

/// Elements of C that are added up at once, and of seven packed sums of B.
INLINE int64_t group_length(const ck_product *p) {
  return 16 * rows_of_group(block_size(p->m)) * width_of_range(block_size(p->n));
}

INLINE int64_t packed_length(const ck_product *p) {
  return seven * p->depth * width_of_range(block_size(p->n));
}

static void plan_quartered(ck_product *p) {
  const int64_t k = larger(block_size(p->k), 1), m = block_size(p->m);
  p->form = CK_QUARTERED;
  p->depth = pieces_of(pieces_of(k, pieces_of(k, most_quarter_terms)), slab) * slab;
  p->workspace = group_length(p) + packed_length(p) * (rows_of_group(m) < m ? seven : 1);
}

INLINE quartered quartered_of(const ck_product *p) {
  quartered q = {
    .p = p, .m = block_size(p->m), .k = block_size(p->k), .n = block_size(p->n),
    .transposed = p->a_row == 1 && p->a_column != 1,
  };
  q.slab_size = (q.transposed ? q.m : q.k) * slab;
  q.sum_size = pieces_of(q.transposed ? q.k : q.m, slab) * q.slab_size;
  return q;
}

/// Rows of a tile: a slab is cut evenly.
INLINE int64_t slab_tile_rows(int64_t vectors) {
  return slab / pieces_of(slab, most_rows[vectors - 1]);
}

/// The way through a range's terms of a sum of A's, and how far it is from a slab of rows to the next.
INLINE walk walk_of(const quartered *q, quarter_range at, int64_t *next) {
  walk w = {.blocks = 1};
  if (q->transposed) {
    w.pieces = at.depth / slab, w.depth = slab, w.a_column = 1, w.a_piece = q->slab_size;
    set_rows(&w, slab);
    *next = slab * slab;
  } else {
    w.pieces = 1, w.depth = at.depth, w.a_column = slab;
    set_rows(&w, 1);
    *next = q->slab_size;
  }
  return w;
}

/// Adds product r of quarters, of a range of terms and columns, to a group of rows.
static void multiply_quarters(
  const quartered *q, int r, const E *a_sums, const E *packed, quarter_range at, block_rows rows,
  E *sums) {
  E products[seven * slab * MAX_TILE_VECTORS * vector_length] __attribute__((aligned(64)));
  int64_t next;
  walk w = walk_of(q, at, &next);
  const E *first = a_sums + r * seven * q->sum_size
    + (q->transposed ? at.first / slab * q->slab_size : at.first * slab) + rows.first / slab * next;
  const E *a = first;
  for (int64_t i = rows.first; i < rows.end; i += slab, a += next) {
    const bool is_last = i + slab >= rows.end;
    // The first panel fetches what comes next: of these rows, or of the next product.
    w.a_ahead = is_last ? first + seven * q->sum_size - a : next;
    const E *b = packed;
    for (int64_t j = 0; j < at.columns;) {
      const panel of = quarter_panel(j, at.columns);
      const int64_t width = width_of(of), size = slab * width, here = smaller(slab, rows.end - i);
      w.b_row = w.c_row = width;
      w.b_piece = slab * width;
      w.tail = of.tail;
      const bool fetches =
        j == 0 && of.width == panel_vectors * vector_length && !(is_last && r == seven - 1);
      const tile_function *tiles_of_rows = fetches ? slab_tiles[q->transposed] : of.of_rows;
      const int64_t tile_rows = slab_tile_rows(of.vectors);
      for (int t = 0; t < seven; t++, b += at.depth * width) {
        if (t < 4) fetch_block(result_of(q, r), t, size, sums);
        for (int64_t row = 0; row < here; row += tile_rows)
          tiles_of_rows[smaller(tile_rows, here - row) - 1](
            &w, a + t * q->sum_size + row * w.a_row, b, NULL, products + t * size + row * width);
      }
      add_products(q, r, products, size, sums);
      sums += 16 * size;
      j += of.width;
    }
  }
}

/// What a group of rows starts from: C as it is so far, a row of biases, or zero.
static void begin_group(
  const quartered *q, quarter_range at, block_rows rows, const E *bias, const E *c, E *sums) {
  const int64_t initial = at.first > 0 ? CK_ACCUMULATE : q->p->initial;
  if (initial == CK_ZERO) {
    const int64_t length = 16 * pieces_of(rows.end - rows.first, slab) * slab * width_of_range(at.columns);
    memset(sums, 0, (size_t)length * sizeof(E));
  } else if (initial == CK_BIAS) {
    copy_blocks(q, at, rows, bias, 0, sums, false, NULL);
  } else {
    copy_blocks(q, at, rows, c, q->p->c_row, sums, false, NULL);
  }
}

static void quartered_product(
  const ck_product *p, const E *a_sums, const E *b, const E *bias, E *c, E *workspace) {
  const quartered q = quartered_of(p);
  const int64_t group = rows_of_group(q.m), size = packed_length(p);
  E *sums = workspace, *packed = workspace + group_length(p);
  const bool is_one = group >= q.m;
  quarter_range at;
  for (at.column = 0; at.column < q.n; at.column += most_quarter_columns) {
    at.columns = smaller(most_quarter_columns, q.n - at.column);
    for (at.first = 0; at.first < q.k; at.first += p->depth) {
      const int64_t depth = smaller(p->depth, q.k - at.first);
      const bool is_last = at.first + depth == q.k;
      at.depth = q.transposed ? pieces_of(depth, slab) * slab : depth;
      for (int64_t i = 0; i < q.m; i += group) {
        const block_rows rows = {i, smaller(q.m, i + group)};
        if (at.first == 0 || !is_one) begin_group(&q, at, rows, bias, c, sums);
        for (int r = 0; r < seven; r++) {
          E *packed_r = packed + (is_one ? 0 : r * size);
          if (i == 0) pack_sum(&q, r, b, at, packed_r);
          multiply_quarters(&q, r, a_sums, packed_r, at, rows, sums);
        }
        if (is_last || !is_one)
          copy_blocks(&q, at, rows, NULL, 0, sums, p->relu && is_last, c);
      }
    }
  }
}
