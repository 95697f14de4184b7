// Products with a sparse matrix in compressed rows: entries start[r] ..< start[r + 1] of values and columns belong to row
// r. Rows of the dense matrices are short, and are the lanes: up to four vectors of a row are in registers at a time.
#ifdef CK_DESCRIPTORS

/// A sparse matrix of rows x columns in compressed rows: entries starts[r] ..< starts[r + 1] belong to row r, in the
/// columns that `entries` says (both held as elements, checked by the caller); dense matrices have `width` columns.
typedef struct {
  int64_t rows, columns, width;
  int64_t starts, entries, a, b, result;  ///< places
} ck_sparse;

#else

enum { sparse_vectors = 4, sparse_columns = sparse_vectors * vector_length, entries_ahead = 12 };

/// The piece of a dense row that starts at p.
#define PIECE(p, v) (v == vectors - 1 ? load_part(last, (p) + v * vector_length) : load((p) + v * vector_length))

INLINE void store_piece(const int vectors, Part last, E *p, const V *x) {
  UNROLL for (int v = 0; v < vectors - 1; v++) store(p + v * vector_length, x[v]);
  store_part(last, p + (vectors - 1) * vector_length, x[vectors - 1]);
}

/// The row that will be needed in some entries' time; where that is, only the entries say.
INLINE void expect_row(const int vectors, const E *columns, int64_t e, int64_t count, int64_t width, const E *dense) {
  const E *row = dense + (int64_t)columns[smaller(e + entries_ahead, count - 1)] * width;
  UNROLL for (int v = 0; v < vectors; v++) __builtin_prefetch(row + v * vector_length);
  __builtin_prefetch(row + vectors * vector_length - 1);
}

INLINE void product_columns(
  const ck_sparse *d, const int vectors, Part last, const E *starts, const E *columns, const E *values,
  const E *dense, E *y) {
  const int64_t width = d->width, count = (int64_t)starts[d->rows];
  for (int64_t r = 0; r < d->rows; r++) {
    V sum[sparse_vectors];
    UNROLL for (int v = 0; v < vectors; v++) sum[v] = splat(0);
    for (int64_t e = (int64_t)starts[r], end = (int64_t)starts[r + 1]; e < end; e++) {
      expect_row(vectors, columns, e, count, width, dense);
      const E *row = dense + (int64_t)columns[e] * width;
      const V factor = splat(values[e]);
      UNROLL for (int v = 0; v < vectors; v++) sum[v] = fused(factor, PIECE(row, v), sum[v]);
    }
    store_piece(vectors, last, y + r * width, sum);
  }
}

INLINE void transposed_columns(
  const ck_sparse *d, const int vectors, Part last, const E *starts, const E *columns, const E *values,
  const E *dense, E *y) {
  const int64_t width = d->width, count = (int64_t)starts[d->rows];
  for (int64_t r = 0; r < d->rows; r++) {
    const E *row = dense + r * width;
    V own[sparse_vectors];
    UNROLL for (int v = 0; v < vectors; v++) own[v] = PIECE(row, v);
    for (int64_t e = (int64_t)starts[r], end = (int64_t)starts[r + 1]; e < end; e++) {
      expect_row(vectors, columns, e, count, width, y);
      E *to = y + (int64_t)columns[e] * width;
      const V factor = splat(values[e]);
      V sum[sparse_vectors];
      UNROLL for (int v = 0; v < vectors; v++) sum[v] = fused(factor, own[v], PIECE(to, v));
      store_piece(vectors, last, to, sum);
    }
  }
}
#undef PIECE

#define EACH_PIECE(columns_of, d, starts, columns, values, dense, y)                               \
  for (int64_t j = 0; j < (d)->width; j += sparse_columns) {                                       \
    const int64_t vectors = smaller(sparse_vectors, pieces_of((d)->width - j, vector_length));     \
    const Part last = part_of(smaller(vector_length, (d)->width - j - (vectors - 1) * vector_length)); \
    switch (vectors) {                                                                             \
      case 1: columns_of(d, 1, last, starts, columns, values, dense + j, y + j); break;            \
      case 2: columns_of(d, 2, last, starts, columns, values, dense + j, y + j); break;            \
      case 3: columns_of(d, 3, last, starts, columns, values, dense + j, y + j); break;            \
      default: columns_of(d, 4, last, starts, columns, values, dense + j, y + j); break;           \
    }                                                                                              \
  }

static void sparse_product(
  const ck_sparse *d, const E *starts, const E *columns, const E *values, const E *dense, E *y) {
  EACH_PIECE(product_columns, d, starts, columns, values, dense, y)
}

static void sparse_transposed(
  const ck_sparse *d, const E *starts, const E *columns, const E *values, const E *dense, E *y) {
  memset(y, 0, (size_t)(d->columns * d->width) * sizeof(E));
  EACH_PIECE(transposed_columns, d, starts, columns, values, dense, y)
}

/// At each entry the inner product of a row of `a` and a row of `b`.
static void sparse_sampled(
  const ck_sparse *d, const E *starts, const E *columns, const E *a, const E *b, E *y) {
  const int64_t width = d->width;
  for (int64_t r = 0; r < d->rows; r++)
    for (int64_t e = (int64_t)starts[r], end = (int64_t)starts[r + 1]; e < end; e++) {
      const E *row = a + r * width, *column = b + (int64_t)columns[e] * width;
      Block sum = (Block)0;
      for (int64_t j = 0; j < width; j += lanes) {
        const int64_t n = smaller(lanes, width - j);
        sum = fused_block(load_lanes(row + j, n), load_lanes(column + j, n), sum);
      }
      y[e] = fold(sum);
    }
}

/// The entries in the order of their columns, those of a column in the order of rows: where columns start, then each
/// entry's row, then its number before.
static void sparse_order(const ck_sparse *d, const E *starts, const E *columns, E *y) {
  const int64_t first = (int64_t)starts[0], end_of_all = (int64_t)starts[d->rows];
  E *ends = y, *rows = y + d->columns + 1, *numbers = rows + d->width;
  // Entries that belong to no row are last, and are never read.
  memset(y, 0, (size_t)(d->columns + 1 + 2 * d->width) * sizeof(E));
  for (int64_t e = first; e < end_of_all; e++) ends[(int64_t)columns[e] + 1] += 1;
  for (int64_t k = 0; k < d->columns; k++) ends[k + 1] += ends[k];
  for (int64_t r = 0; r < d->rows; r++)
    for (int64_t e = (int64_t)starts[r], end = (int64_t)starts[r + 1]; e < end; e++) {
      E *next = ends + (int64_t)columns[e];
      const int64_t to = (int64_t)*next;
      *next += 1, rows[to] = (E)r, numbers[to] = (E)e;
    }
  // Each column's start has moved on to its end, which is the next one's start.
  memmove(ends + 1, ends, (size_t)d->columns * sizeof(E));
  ends[0] = 0;
}

CALLED(sparse_product, ck_sparse, sparse_product(d, AT(starts), AT(entries), AT(a), AT(b), AT(result)))
CALLED(sparse_transposed, ck_sparse, sparse_transposed(d, AT(starts), AT(entries), AT(a), AT(b), AT(result)))
CALLED(sparse_sampled, ck_sparse, sparse_sampled(d, AT(starts), AT(entries), AT(a), AT(b), AT(result)))
CALLED(sparse_order, ck_sparse, sparse_order(d, AT(starts), AT(entries), AT(result)))

#endif
