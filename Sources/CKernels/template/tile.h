// The register tile: the one inner loop of products and convolutions.
//
// C[rows x vectors] = initial + sum over l of A[:, l] B[l, :], the sum taken in order of l from zero
// with one fused multiply-add a term, then added to the initial value: whatever the tile's size,
// each element sees the same operations.

/// Where a tile finds its operands. The terms l are three loops in one: blocks of pieces of `depth`.
typedef struct {
  int64_t depth, pieces, blocks;
  int64_t a_row, a_column, a_piece, a_block;
  int64_t b_row, b_piece, b_block;
  int64_t c_row, initial_row;
  int64_t tail;  ///< columns of the last vector
} walk;

/// What the last vector of a tile is like: B is read in full (past its last column where B is packed),
/// under a mask, or in the lower half of a vector, which some processors multiply in half the time.
typedef enum { LAST_FULL = 0, LAST_MASKED = 1, LAST_HALF = 2, LAST_KINDS = 2 + HAS_HALF_VECTORS } last_kind;

/// `initial` NULL stands for zero. The literal bounds of `sum` keep it in registers.
INLINE void tile(
  const int rows, const int vectors, const last_kind last, const walk *w, const E *a, const E *b,
  const E *initial, E *c) {
  V sum[MAX_TILE_ROWS][MAX_TILE_VECTORS];
  const Part part = part_of(w->tail);
  const int64_t a_row = w->a_row, a_column = w->a_column, b_row = w->b_row, depth = w->depth;
  UNROLL for (int i = 0; i < rows; i++)
    UNROLL for (int j = 0; j < vectors; j++) sum[i][j] = splat(0);

  for (int64_t block = 0; block < w->blocks; block++) {
    for (int64_t piece = 0; piece < w->pieces; piece++) {
      const E *al = a + block * w->a_block + piece * w->a_piece;
      const E *bl = b + block * w->b_block + piece * w->b_piece;
      for (int64_t l = 0; l < depth; l++, al += a_column, bl += b_row) {
        V bv[MAX_TILE_VECTORS];
        UNROLL for (int j = 0; j < vectors; j++) {
          const E *p = bl + j * vector_length;
          if (j < vectors - 1 || last == LAST_FULL) bv[j] = load(p);
#if HAS_HALF_VECTORS
          else if (last == LAST_HALF) bv[j] = load_half(part, p);
#endif
          else bv[j] = load_part(part, p);
        }
        UNROLL for (int i = 0; i < rows; i++) {
          const V av = splat(al[i * a_row]);
          UNROLL for (int j = 0; j < vectors; j++) {
#if HAS_HALF_VECTORS
            if (j == vectors - 1 && last == LAST_HALF) sum[i][j] = fused_half(av, bv[j], sum[i][j]);
            else
#endif
              sum[i][j] = fused(av, bv[j], sum[i][j]);
          }
        }
      }
    }
  }

  // All initial values are read before anything is stored: a load close behind a masked store waits.
  const bool whole = w->tail == vector_length;
  if (initial) {
    UNROLL for (int i = 0; i < rows; i++)
      UNROLL for (int j = 0; j < vectors; j++) {
        const E *p = initial + i * w->initial_row + j * vector_length;
        sum[i][j] = (j < vectors - 1 || whole ? load(p) : load_part(part, p)) + sum[i][j];
      }
  }
  UNROLL for (int i = 0; i < rows; i++)
    UNROLL for (int j = 0; j < vectors; j++) {
      E *p = c + i * w->c_row + j * vector_length;
      if (j < vectors - 1) store(p, sum[i][j]);
#if HAS_HALF_VECTORS
      else if (last == LAST_HALF) store_half(part, p, sum[i][j]);
#endif
      else if (whole) store(p, sum[i][j]);
      else store_part(part, p, sum[i][j]);
    }
}

typedef void (*tile_function)(const walk *w, const E *a, const E *b, const E *initial, E *c);

#define TILE_OF(kind, rows, vectors)                                                               \
  static void tile_##kind##_##rows##_##vectors(                                                    \
    const walk *w, const E *a, const E *b, const E *initial, E *c) {                               \
    tile(rows, vectors, LAST_##kind, w, a, b, initial, c);                                         \
  }
#define TILE_NAME(kind, rows, vectors) tile_##kind##_##rows##_##vectors,
#define ROWS_TO_4(X, k, v) X(k, 1, v) X(k, 2, v) X(k, 3, v) X(k, 4, v)
#define ROWS_TO_6(X, k, v) ROWS_TO_4(X, k, v) X(k, 5, v) X(k, 6, v)
#define ROWS_TO_8(X, k, v) ROWS_TO_6(X, k, v) X(k, 7, v) X(k, 8, v)
#define ROWS_TO_14(X, k, v)                                                                        \
  ROWS_TO_8(X, k, v) X(k, 9, v) X(k, 10, v) X(k, 11, v) X(k, 12, v) X(k, 13, v) X(k, 14, v)

#define TILES_FULL(rows, vectors) ROWS_TO_##rows(TILE_OF, FULL, vectors)
#define TILES_MASKED(rows, vectors) ROWS_TO_##rows(TILE_OF, MASKED, vectors)
#define TILES_HALF(rows, vectors) ROWS_TO_##rows(TILE_OF, HALF, vectors)
ALL_TILES(TILES_FULL)
ALL_TILES(TILES_MASKED)
#if HAS_HALF_VECTORS
ALL_TILES(TILES_HALF)
#endif

#define NAMES_FULL(rows, vectors) {ROWS_TO_##rows(TILE_NAME, FULL, vectors)},
#define NAMES_MASKED(rows, vectors) {ROWS_TO_##rows(TILE_NAME, MASKED, vectors)},
#define NAMES_HALF(rows, vectors) {ROWS_TO_##rows(TILE_NAME, HALF, vectors)},
#define ROW_COUNT(rows, vectors) rows,
static const tile_function tiles[LAST_KINDS][MAX_TILE_VECTORS][MAX_TILE_ROWS] = {
  {ALL_TILES(NAMES_FULL)},
  {ALL_TILES(NAMES_MASKED)},
#if HAS_HALF_VECTORS
  {ALL_TILES(NAMES_HALF)},
#endif
};
static const int32_t most_rows[MAX_TILE_VECTORS] = {ALL_TILES(ROW_COUNT)};

/// The kind for a last vector of `tail` columns.
INLINE last_kind kind_of_last(int64_t tail, bool packed) {
#if HAS_HALF_VECTORS
  if (tail <= vector_length / 2) return LAST_HALF;
#endif
  return packed || tail == vector_length ? LAST_FULL : LAST_MASKED;
}

typedef struct {
  int32_t rows, vectors;
  double cost;  ///< roughly cycles a term
} tile_choice;

/// The tile size that covers m x n elements at least cost, cut as evenly as can be.
static tile_choice choose_tile(int64_t m, int64_t n) {
  tile_choice best = {1, 1, 1e300};
  const int64_t total = larger(1, pieces_of(n, vector_length));
  const bool half = HAS_HALF_VECTORS && n - (total - 1) * vector_length <= vector_length / 2;
  for (int64_t most = MAX_TILE_VECTORS; most >= 1; most--) {
    const int64_t panels = pieces_of(total, most), vectors = pieces_of(total, panels);
    const int64_t blocks = larger(1, pieces_of(m, most_rows[vectors - 1]));
    const int64_t rows = larger(1, pieces_of(m, blocks));
    double cost = 0;
    for (int64_t done = 0; done < total; done += vectors) {
      const int64_t here = smaller(vectors, total - done);
      const double width = (double)here - (half && done + here == total ? 0.5 : 0.0);
      // Multiplications, or loads, or the wait for the sums of the term before.
      double cycles = (double)rows * width;
      if (cycles < (double)rows + width) cycles = (double)rows + width;
      if (cycles < 8) cycles = 8;
      cost += cycles * (double)blocks;
    }
    if (cost < best.cost * 0.97) best = (tile_choice){(int32_t)rows, (int32_t)vectors, cost};
  }
  return best;
}
