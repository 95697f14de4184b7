// Products with a sparse matrix in compressed rows: entries start[r] ..< start[r + 1] of values and columns belong to row
// r. Rows of the dense matrices are short, and are the lanes.

#define EACH_ENTRY(d, statement)                                                                   \
  for (int64_t r = 0; r < (d)->rows; r++)                                                          \
    for (int64_t e = (int64_t)starts[r], end = (int64_t)starts[r + 1]; e < end; e++) {             \
      const int64_t k = (int64_t)columns[e];                                                       \
      statement;                                                                                   \
    }

/// to += factor * from.
INLINE void add_row(int64_t width, E factor, const E *from, E *to) {
  const V f = splat(factor);
  for (int64_t j = 0; j < width; j += vector_length) {
    const Part part = part_of(smaller(vector_length, width - j));
    store_part(part, to + j, fused(f, load_part(part, from + j), load_part(part, to + j)));
  }
}

static void sparse_product(
  const ck_sparse *d, const E *starts, const E *columns, const E *values, const E *dense, E *y) {
  const int64_t width = d->width;
  memset(y, 0, (size_t)(d->rows * width) * sizeof(E));
  EACH_ENTRY(d, add_row(width, values[e], dense + k * width, y + r * width))
}

static void sparse_transposed(
  const ck_sparse *d, const E *starts, const E *columns, const E *values, const E *dense, E *y) {
  const int64_t width = d->width;
  memset(y, 0, (size_t)(d->columns * width) * sizeof(E));
  EACH_ENTRY(d, add_row(width, values[e], dense + r * width, y + k * width))
}

/// At each entry the inner product of a row of `a` and a row of `b`.
static void sparse_sampled(
  const ck_sparse *d, const E *starts, const E *columns, const E *a, const E *b, E *y) {
  const int64_t width = d->width;
  EACH_ENTRY(d, {
    Block sum = (Block)0;
    for (int64_t j = 0; j < width; j += lanes) {
      const int64_t n = smaller(lanes, width - j);
      sum = fused_block(load_lanes(a + r * width + j, n), load_lanes(b + k * width + j, n), sum);
    }
    y[e] = fold(sum);
  })
}

CALLED(sparse_product, ck_sparse, sparse_product(d, AT(starts), AT(entries), AT(a), AT(b), AT(result)))
CALLED(sparse_transposed, ck_sparse, sparse_transposed(d, AT(starts), AT(entries), AT(a), AT(b), AT(result)))
CALLED(sparse_sampled, ck_sparse, sparse_sampled(d, AT(starts), AT(entries), AT(a), AT(b), AT(result)))
