// The register tile: the one inner loop of products and convolutions.
//
// C[rows x vectors] = initial + sum over l of A[:, l] B[l, :], the sum taken in order of l from
// zero with one fused multiply-add a term, then added to the initial value: whatever the tile's
// size, each element sees the same operations.

/// Where a tile finds its operands. The terms l are three loops in one: blocks of pieces of
/// `depth`.
typedef struct {
  int64_t depth, pieces, blocks;
  int64_t a_row, a_column, a_piece, a_block;
  int64_t b_row, b_piece, b_block;
  int64_t c_row, initial_row;
  int64_t tail;     ///< columns of the last vector
  int64_t a_ahead, b_ahead;  ///< how far ahead A or B is fetched, in tiles that do
  int64_t fetches;  ///< nonzero: C is fetched ahead
  int64_t relu;     ///< nonzero: negative results become 0
  int64_t a_third_rows[MAX_TILE_ROWS / 3 + 1];  ///< where every third row of A starts: `set_rows`
} walk;

/// Rows of A are found from every third one: from the first alone, the compiler would make each
/// row's address wait for the one before.
INLINE void set_rows(walk *w, int64_t a_row) {
  w->a_row = a_row;
  UNROLL for (int i = 0; i <= MAX_TILE_ROWS / 3; i++) w->a_third_rows[i] = 3 * i * a_row;
}

/// What the last vector of a tile is like: B is read in full (past its last column where B is
/// packed), in full with what lies `b_ahead` fetched, into the nearest cache or, where that comes from
/// afar, the second one, under a mask, in the lower half of a vector,
/// which some processors multiply in half the time, or in full with the slab of A (`strassen.h`)
/// that lies `a_ahead` fetched: slabs lie along the rows, or, turned, along the terms.
typedef enum {
  LAST_FULL = 0,
  LAST_AHEAD = 1,
  LAST_FAR_AHEAD = 2,
  LAST_MASKED = 3,
  LAST_HALF = 4,
  LAST_KINDS = 4 + HAS_HALF_VECTORS,
  LAST_SLAB_AHEAD,
  LAST_TURNED_AHEAD,
} last_kind;

/// `initial` NULL stands for zero. The literal bounds of `sum` keep it in registers.
INLINE void tile(
  const int rows, const int vectors, const last_kind last, const walk *w, const E *a, const E *b,
  const E *initial, E *c) {
  // Vectors of a row that are whole registers; a half one is added up beside them.
  const int full = last == LAST_HALF ? vectors - 1 : vectors;
  V sum[MAX_TILE_ROWS][MAX_TILE_VECTORS];
  Half half_sum[MAX_TILE_ROWS];
  const Part part = part_of(w->tail);
  int64_t thirds[MAX_TILE_ROWS / 3 + 1];
  UNROLL for (int i = 0; i <= MAX_TILE_ROWS / 3; i++) thirds[i] = w->a_third_rows[i];
  // In slabs all is known beforehand, and no register is taken by it.
  const bool in_slabs = last == LAST_SLAB_AHEAD || last == LAST_TURNED_AHEAD;
  const int64_t a_row = !in_slabs ? w->a_row : last == LAST_TURNED_AHEAD ? CK_SLAB_ROWS : 1;
  const int64_t a_column = !in_slabs ? w->a_column : last == LAST_TURNED_AHEAD ? 1 : CK_SLAB_ROWS;
  const int64_t b_row = in_slabs ? vectors * vector_length : w->b_row, depth = w->depth;
  const int64_t ahead = w->b_ahead;
  UNROLL for (int i = 0; i < rows; i++) {
    UNROLL for (int j = 0; j < full; j++) sum[i][j] = splat(0);
    half_sum[i] = (Half)0;
  }
  // C comes from afar where it is visited rarely: it is fetched while the terms are added up.
  if (w->fetches)
    UNROLL for (int i = 0; i < rows; i++)
      UNROLL for (int j = 0; j <= vectors; j++)
        __builtin_prefetch(c + i * w->c_row + smaller(j * vector_length, (vectors - 1) * vector_length + w->tail - 1), 1);

  for (int64_t block = 0; block < w->blocks; block++) {
    for (int64_t piece = 0; piece < w->pieces; piece++) {
      const E *al = a + block * w->a_block + piece * w->a_piece;
      const E *bl = b + block * w->b_block + piece * w->b_piece;
      const E *next = al + w->a_ahead;
      for (int64_t l = 0; l < depth; l++, al += a_column, bl += b_row) {
        if (in_slabs) {
          __builtin_prefetch(next, 0, 2);
          next += CK_SLAB_ROWS;
        }
        V bv[MAX_TILE_VECTORS];
        UNROLL for (int j = 0; j < full; j++) {
          const E *p = bl + j * vector_length;
          if (last == LAST_AHEAD) __builtin_prefetch(p + ahead);
          if (last == LAST_FAR_AHEAD) __builtin_prefetch(p + ahead, 0, 2);
          bv[j] = j < vectors - 1 || last != LAST_MASKED ? load(p) : load_part(part, p);
        }
#if HAS_HALF_VECTORS
        Half half_b = (Half)0;
        if (last == LAST_HALF) half_b = load_half(part, bl + full * vector_length);
#endif
        UNROLL for (int i = 0; i < rows; i++) {
          V av = splat(al[in_slabs ? i * a_row : thirds[i / 3] + i % 3 * a_row]);
#if HAS_HALF_VECTORS
          if (last == LAST_HALF) {
            av = in_register(av);
            half_sum[i] = fused_half(av.lo, half_b, half_sum[i]);
          }
#endif
          UNROLL for (int j = 0; j < full; j++) sum[i][j] = fused(av, bv[j], sum[i][j]);
        }
      }
    }
  }

  // All initial values are read before anything is stored: a load close behind a masked store
  // waits.
  const bool whole = w->tail == vector_length;
  if (initial) {
    UNROLL for (int i = 0; i < rows; i++) {
      const E *p = initial + i * w->initial_row;
      UNROLL for (int j = 0; j < full; j++)
        sum[i][j] = (j < vectors - 1 || whole ? load(p + j * vector_length)
                                              : load_part(part, p + j * vector_length)) + sum[i][j];
#if HAS_HALF_VECTORS
      if (last == LAST_HALF)
        half_sum[i] = load_half(part, p + full * vector_length) + half_sum[i];
#endif
    }
  }
  if (w->relu)
    UNROLL for (int i = 0; i < rows; i++) {
      UNROLL for (int j = 0; j < full; j++) sum[i][j] = rectified(sum[i][j]);
      if (last == LAST_HALF) half_sum[i] = half_sum[i] <= (Half)0 ? (Half)0 : half_sum[i];
    }
  UNROLL for (int i = 0; i < rows; i++) {
    E *p = c + i * w->c_row;
    UNROLL for (int j = 0; j < full; j++) {
      if (j < vectors - 1 || whole) store(p + j * vector_length, sum[i][j]);
      else store_part(part, p + j * vector_length, sum[i][j]);
    }
#if HAS_HALF_VECTORS
    if (last == LAST_HALF) store_half(part, p + full * vector_length, half_sum[i]);
#endif
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
#define ROWS_TO_9(X, k, v) ROWS_TO_8(X, k, v) X(k, 9, v)
#define ROWS_TO_14(X, k, v)                                                                        \
  ROWS_TO_9(X, k, v) X(k, 10, v) X(k, 11, v) X(k, 12, v) X(k, 13, v) X(k, 14, v)

#define TILES_FULL(rows, vectors) ROWS_TO_##rows(TILE_OF, FULL, vectors)
#define TILES_AHEAD(rows, vectors) ROWS_TO_##rows(TILE_OF, AHEAD, vectors)
#define TILES_FAR_AHEAD(rows, vectors) ROWS_TO_##rows(TILE_OF, FAR_AHEAD, vectors)
#define TILES_MASKED(rows, vectors) ROWS_TO_##rows(TILE_OF, MASKED, vectors)
#define TILES_HALF(rows, vectors) ROWS_TO_##rows(TILE_OF, HALF, vectors)
ALL_TILES(TILES_FULL)
ALL_TILES(TILES_AHEAD)
ALL_TILES(TILES_FAR_AHEAD)
ALL_TILES(TILES_MASKED)
#if HAS_HALF_VECTORS
ALL_TILES(TILES_HALF)
#endif

#define NAMES_FULL(rows, vectors) {ROWS_TO_##rows(TILE_NAME, FULL, vectors)},
#define NAMES_AHEAD(rows, vectors) {ROWS_TO_##rows(TILE_NAME, AHEAD, vectors)},
#define NAMES_FAR_AHEAD(rows, vectors) {ROWS_TO_##rows(TILE_NAME, FAR_AHEAD, vectors)},
#define NAMES_MASKED(rows, vectors) {ROWS_TO_##rows(TILE_NAME, MASKED, vectors)},
#define NAMES_HALF(rows, vectors) {ROWS_TO_##rows(TILE_NAME, HALF, vectors)},
#define ROW_COUNT(rows, vectors) rows,
static const tile_function tiles[LAST_KINDS][MAX_TILE_VECTORS][MAX_TILE_ROWS] = {
  {ALL_TILES(NAMES_FULL)},
  {ALL_TILES(NAMES_AHEAD)},
  {ALL_TILES(NAMES_FAR_AHEAD)},
  {ALL_TILES(NAMES_MASKED)},
#if HAS_HALF_VECTORS
  {ALL_TILES(NAMES_HALF)},
#endif
};

// Tiles that fetch a slab ahead, and turned ones: of two vectors.
#define SLAB_TILES_1(rows)
#define SLAB_TILES_2(rows) ROWS_TO_##rows(TILE_OF, SLAB_AHEAD, 2) ROWS_TO_##rows(TILE_OF, TURNED_AHEAD, 2)
#define SLAB_TILES_3(rows)
#define SLAB_TILES_4(rows)
#define SLAB_TILES(rows, vectors) SLAB_TILES_##vectors(rows)
ALL_TILES(SLAB_TILES)
#define SLAB_NAMES_1(rows)
#define SLAB_NAMES_2(rows)                                                                         \
  {ROWS_TO_##rows(TILE_NAME, SLAB_AHEAD, 2)}, {ROWS_TO_##rows(TILE_NAME, TURNED_AHEAD, 2)},
#define SLAB_NAMES_3(rows)
#define SLAB_NAMES_4(rows)
#define SLAB_NAMES(rows, vectors) SLAB_NAMES_##vectors(rows)
static const tile_function slab_tiles[2][MAX_TILE_ROWS] = {ALL_TILES(SLAB_NAMES)};

static const int32_t most_rows[MAX_TILE_VECTORS] = {ALL_TILES(ROW_COUNT)};

/// A panel of columns: as many vectors as a tile has, or what is left.
typedef struct {
  int64_t width, vectors, tail;
  const tile_function *of_rows;  ///< for 1, 2, ... rows
} panel;

/// Whether the last vector of n columns is at most half a vector, and is computed as such.
INLINE bool ends_in_half(int64_t n) {
  const int64_t beyond = n % vector_length;
  return HAS_HALF_VECTORS && beyond > 0 && beyond <= vector_length / 2;
}

/// The panel at column `j` of `n`; `packed`: B may be read past its last column.
INLINE panel panel_at(int64_t j, int64_t n, int64_t most_vectors, bool packed) {
  panel p = {.width = smaller(most_vectors * vector_length, n - j)};
  p.vectors = pieces_of(p.width, vector_length);
  p.tail = p.width - (p.vectors - 1) * vector_length;
  last_kind kind = packed || p.tail == vector_length ? LAST_FULL : LAST_MASKED;
#if HAS_HALF_VECTORS
  if (ends_in_half(p.width)) kind = LAST_HALF;
#endif
  p.of_rows = tiles[kind][p.vectors - 1];
  return p;
}

typedef struct {
  int32_t rows, vectors;
  double cost;  ///< roughly cycles a term
} tile_choice;

/// What a term costs in a tile: its multiplications, or loads, or the wait for the sums of the term
/// before.
INLINE double term_cost(int64_t rows, int64_t vectors, bool half) {
  const double multiplications = (double)rows * ((double)vectors - 0.5 * half);
  const double loads = (double)larger(rows + vectors, 8) * (half && vectors == 1 ? 0.5 : 1);
  return multiplications > loads ? multiplications : loads;
}

/// The tile size that covers m x n elements at least cost, cut as evenly as can be.
static tile_choice choose_tile(int64_t m, int64_t n, int64_t most_vectors) {
  tile_choice best = {1, 1, 1e300};
  const int64_t total = pieces_of(n, vector_length);
  for (int64_t most = most_vectors; most >= 1; most--) {
    const int64_t panels = larger(1, pieces_of(total, most));
    const int64_t vectors = larger(1, pieces_of(total, panels));
    const int64_t blocks = larger(1, pieces_of(m, most_rows[vectors - 1]));
    const int64_t rows = larger(1, pieces_of(m, blocks));
    double cost = 0;
    for (int64_t done = 0; done < total; done += vectors) {
      const int64_t width = smaller(vectors, total - done);
      cost += term_cost(rows, width, done + width == total && ends_in_half(n));
    }
    cost *= (double)blocks;
    if (cost < best.cost * 0.97) best = (tile_choice){(int32_t)rows, (int32_t)vectors, cost};
  }
  return best;
}
