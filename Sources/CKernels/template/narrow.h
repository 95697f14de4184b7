// Narrow products: C has few columns, so that lanes along them would be idle. Both forms read the
// long operand A once, row by row.
//
// CK_DOTS: C = A B, each element a dot product with lanes along k: A's rows meet the columns of B,
// copied side by side. CK_LANES: C = A' B where A' is a transposed matrix whose rows, read in
// order, give the terms; lanes run along them and C is gathered transposed.

enum { most_shifted_columns = 16 };

// ---- Dot products.

/// Columns of B, one after another, filled up with zeros to a multiple of `lanes`; without the last,
/// where that is left out.
static void pack_dot_columns(const ck_product *p, const E *b, E *packed) {
  const int64_t row = pieces_of(p->k, lanes) * lanes;
  if (p->n == 1)
    for (int64_t l = 0; l < p->k; l++) packed[l] = b[l * p->b_row];
  else
    transpose_elements(p->k, p->n, b, p->b_row, packed, row);
  for (int64_t j = 0; j < p->n; j++)
    for (int64_t l = p->k; l < row; l++) packed[j * row + l] = 0;
  const E *last = packed + p->columns * row;
  if (p->columns < p->n)
    for (int64_t j = 0; j < p->columns; j++)
      for (int64_t l = 0; l < row; l += vector_length)
        store(packed + j * row + l, load(packed + j * row + l) - load(last + l));
}

/// C[rows x columns] = dot products of rows of A with packed columns.
INLINE void dot_tile(
  const int rows, const int columns, const ck_product *p, const E *a, const E *packed,
  const E *initial, int64_t initial_row, E *c) {
  Block sum[MAX_DOT_ROWS][MAX_DOT_COLUMNS];
  const int64_t whole = p->k / lanes * lanes, rest = p->k - whole, a_row = p->a_row;
  const int64_t column = pieces_of(p->k, lanes) * lanes;
  // A comes from afar, into the second cache: the nearest one is full with this tile's operands.
  const int64_t rows_ahead = 4 * rows;
  UNROLL for (int i = 0; i < rows; i++)
    UNROLL for (int j = 0; j < columns; j++) sum[i][j] = (Block)0;
  for (int64_t l = 0; l < whole; l += lanes) {
    Block av[MAX_DOT_ROWS];
    UNROLL for (int i = 0; i < rows; i++) {
      av[i] = load_block(a + i * a_row + l);
      if (rows > 1) __builtin_prefetch(a + (rows_ahead + i) * a_row + l, 0, 2);
    }
    UNROLL for (int j = 0; j < columns; j++) {
      const Block bv = load_block(packed + j * column + l);
      UNROLL for (int i = 0; i < rows; i++) sum[i][j] = fused_block(av[i], bv, sum[i][j]);
    }
  }
  if (rest > 0) {
    UNROLL for (int i = 0; i < rows; i++) {
      const Block av = load_lanes(a + i * a_row + whole, rest);
      UNROLL for (int j = 0; j < columns; j++)
        sum[i][j] = fused_block(av, load_block(packed + j * column + whole), sum[i][j]);
    }
  }
  enum { most = MAX_DOT_ROWS * MAX_DOT_COLUMNS };
  E folded[(most + 15) / 16 * 16] __attribute__((aligned(64)));
  UNROLL for (int first = 0; first < rows * columns; first += lanes) {
    Block s[16];
    UNROLL for (int e = 0; e < lanes; e++) {
      const int at = first + e;
      s[e] = at < rows * columns ? sum[at / columns][at % columns] : (Block)0;
    }
    store_block(folded + first, fold_each(s));
  }
  UNROLL for (int i = 0; i < rows; i++)
    UNROLL for (int j = 0; j < columns; j++) {
      const E value = folded[i * columns + j];
      c[i * p->c_row + j] = initial ? initial[i * initial_row + j] + value : value;
    }
}

#if VECTOR_BYTES == 64
/// The same of as many rows as there are lanes with one column, where A is near: no row waits for another's sum.
static void dot_column(
  const ck_product *p, const E *a, const E *packed, const E *initial, int64_t initial_row, E *c) {
  Block sum[16];
  const int64_t whole = p->k / lanes * lanes, rest = p->k - whole, a_row = p->a_row;
  UNROLL for (int i = 0; i < lanes; i++) sum[i] = (Block)0;
  for (int64_t l = 0; l < whole; l += lanes) {
    const Block b = load_block(packed + l);
    UNROLL for (int i = 0; i < lanes; i++) sum[i] = fused_block(load_block(a + i * a_row + l), b, sum[i]);
  }
  if (rest > 0) {
    const Block b = load_block(packed + whole);
    UNROLL for (int i = 0; i < lanes; i++)
      sum[i] = fused_block(load_lanes(a + i * a_row + whole, rest), b, sum[i]);
  }
  const Block value = fold_each(sum);
  for (int i = 0; i < lanes; i++)
    c[i * p->c_row] = initial ? initial[i * initial_row] + value[i] : value[i];
}

/// Elements of an A that is near.
enum { near_elements = CK_DOUBLE_ELEMENT ? 4096 : 8192 };
#endif

typedef void (*dot_function)(
  const ck_product *p, const E *a, const E *packed, const E *initial, int64_t initial_row, E *c);

#define DOT_TILE(rows, columns)                                                                    \
  static void dot_tile_##rows##_##columns(                                                         \
    const ck_product *p, const E *a, const E *packed, const E *initial, int64_t initial_row,       \
    E *c) {                                                                                        \
    dot_tile(rows, columns, p, a, packed, initial, initial_row, c);                                \
  }
#define DOT_TILE_NAME(rows, columns) dot_tile_##rows##_##columns,
ALL_DOT_TILES(DOT_TILE)
#define DOT_TILES_OF_ONE(columns) DOT_TILE(1, columns)
DOT_TILE_COLUMNS(DOT_TILES_OF_ONE)
#define DOT_NAME_OF_ONE(columns) dot_tile_1_##columns,
static const dot_function dot_tiles[] = {ALL_DOT_TILES(DOT_TILE_NAME)};
static const dot_function dot_tiles_of_one[] = {DOT_TILE_COLUMNS(DOT_NAME_OF_ONE)};

/// Rows first ..< last of C, from packed columns.
static void dot_rows(
  const ck_product *p, const E *a, const E *packed, const E *initial, int64_t initial_row, E *c,
  int64_t first, int64_t last) {
  const int64_t column = pieces_of(p->k, lanes) * lanes;
  const int64_t groups = larger(1, pieces_of(p->columns, MAX_DOT_COLUMNS));
  E shifted[most_shifted_columns];
  if (p->columns < p->n) {
    for (int64_t i = first; i < last; i++) c[i * p->c_row + p->columns] = 0;
    // Biases are shifted as B is.
    if (initial) {
      for (int64_t j = 0; j < p->columns; j++) shifted[j] = initial[j] - initial[p->columns];
      initial = shifted;
    }
  }
  int64_t i = first;
#if VECTOR_BYTES == 64
  if (p->columns == 1 && p->n == 1 && p->m * p->k <= near_elements)
    for (; i + lanes <= last; i += lanes)
      dot_column(
        p, a + i * p->a_row, packed, initial ? initial + i * initial_row : NULL, initial_row,
        c + i * p->c_row);
#endif
  while (i < last) {
    const bool is_whole = i + MAX_DOT_ROWS <= last;
    for (int64_t turn = 0; turn < groups; turn++) {
      // There and back: the columns that the rows before were multiplied with last are still in the nearest cache.
      const int64_t group = i / MAX_DOT_ROWS % 2 ? groups - 1 - turn : turn;
      // Groups as even as can be.
      const int64_t j = pieces_of(group * p->columns, groups);
      const int64_t columns = pieces_of((group + 1) * p->columns, groups) - j;
      const dot_function tile = (is_whole ? dot_tiles : dot_tiles_of_one)[columns - 1];
      tile(
        p, a + i * p->a_row, packed + j * column,
        initial ? initial + i * initial_row + j : NULL, initial_row, c + i * p->c_row + j);
    }
    i += is_whole ? MAX_DOT_ROWS : 1;
  }
}

// ---- Lanes along A's columns.

/// What C's columns are gathered in, one after another.
INLINE int64_t gathered_row(const ck_product *p) { return pieces_of(p->m, lanes) * lanes; }

/// Adds the terms first ..< last, in visits of p->depth terms that `first` is the start of one of;
/// `is_fresh`: the first of all to nothing; `is_near`: A's rows are in the second cache.
static void gather_terms(
  const ck_product *p, const E *a, const E *b, bool is_fresh, bool is_near, E *gathered,
  int64_t first, int64_t last) {
  const int64_t row = gathered_row(p);
  walk w = {
    .pieces = 1, .blocks = 1, .a_column = p->b_row, .b_row = p->a_column, .c_row = row,
    .initial_row = row,
  };
  set_rows(&w, 1);
  for (int64_t l = first; l < last; l += p->depth) {
    w.depth = smaller(p->depth, last - l);
    for (int64_t i = 0; i < p->m;) {
      panel q = panel_at(i, p->m, p->tile_vectors, false);
      // The rows of A are far apart: what the next panel needs, or from afar the next visit, is fetched meanwhile.
      if (q.tail == vector_length)
        q.of_rows = tiles[is_near ? LAST_AHEAD : LAST_FAR_AHEAD][q.vectors - 1];
      w.tail = q.tail;
      w.b_ahead = is_near ? q.width : p->depth * p->a_column;
      for (int64_t j = 0; j < p->columns; j += p->tile_rows) {
        E *to = gathered + j * row + i;
        q.of_rows[smaller(p->tile_rows, p->columns - j) - 1](
          &w, b + l * p->b_row + j, a + l * p->a_column + i, is_fresh && l == 0 ? NULL : to, to);
      }
      i += q.width;
    }
  }
}

/// The last column from the others: rows sum to zero.
static void balance_gathered(const ck_product *p, E *gathered) {
  const int64_t row = gathered_row(p);
  for (int64_t i = 0; i < row; i += vector_length) {
    V sum = splat(0);
    for (int64_t j = 0; j < p->columns; j++) sum = sum + load(gathered + j * row + i);
    store(gathered + p->columns * row + i, -sum);
  }
}

static void scatter_gathered(
  const ck_product *p, E *gathered, const E *initial, int64_t initial_row, E *c) {
  const int64_t row = gathered_row(p);
  if (!initial) {
    if (p->columns < p->n) balance_gathered(p, gathered);
    transpose_elements(p->n, p->m, gathered, row, c, p->c_row);
    return;
  }
  for (int64_t i = 0; i < p->m; i++)
    for (int64_t j = 0; j < p->n; j++)
      c[i * p->c_row + j] = initial[i * initial_row + j] + gathered[j * row + i];
}

static void narrow_product(
  const ck_product *p, const E *a, const E *b, const E *bias, E *c, E *workspace) {
  const E *initial = p->initial == CK_BIAS ? bias : p->initial == CK_ACCUMULATE ? c : NULL;
  const int64_t initial_row = p->initial == CK_BIAS ? 0 : p->c_row;
  if (p->form == CK_DOTS) {
    pack_dot_columns(p, b, workspace);
    dot_rows(p, a, workspace, initial, initial_row, c, 0, p->m);
  } else if (p->n == 1 && p->c_row == 1 && p->initial != CK_BIAS) {
    // One column that is whole in memory is gathered where it belongs.
    gather_terms(p, a, b, p->initial == CK_ZERO, false, c, 0, p->k);
  } else {
    gather_terms(p, a, b, true, false, workspace, 0, p->k);
    scatter_gathered(p, workspace, initial, initial_row, c);
  }
}
