// Vectors as solvers use them.

/// Elements of a piece: sums within it are taken in lanes, in four blocks.
enum { piece_length = 64 * lanes };

/// What a piece, from `start` to `end`, adds to a dot product.
INLINE double dot_of_piece(const E *x, const E *y, int64_t start, int64_t end) {
  Block sum[4] = {0, 0, 0, 0};
  int64_t i = start;
  for (; i + 4 * lanes <= end; i += 4 * lanes)
    UNROLL for (int k = 0; k < 4; k++)
      sum[k] = fused_block(load_block(x + i + k * lanes), load_block(y + i + k * lanes), sum[k]);
  for (; i + lanes <= end; i += lanes) sum[0] = fused_block(load_block(x + i), load_block(y + i), sum[0]);
  if (i < end) sum[1] = fused_block(load_lanes(x + i, end - i), load_lanes(y + i, end - i), sum[1]);
  return (double)fold((sum[0] + sum[1]) + (sum[2] + sum[3]));
}

#define EACH_PIECE_OF_VECTOR(n, statement)                                                         \
  for (int64_t start = 0; start < (n); start += piece_length) {                                    \
    const int64_t end = smaller((n), start + piece_length);                                        \
    statement;                                                                                     \
  }

static double dot(int64_t n, const void *x, const void *y) {
  double total = 0;
  EACH_PIECE_OF_VECTOR(n, total += dot_of_piece(x, y, start, end))
  return total;
}

/// The squares of both and their product while a piece of each is near.
static void dots(int64_t n, const void *x, const void *y, double *result) {
  double squared_x = 0, product = 0, squared_y = 0;
  EACH_PIECE_OF_VECTOR(n, {
    squared_x += dot_of_piece(x, x, start, end);
    product += dot_of_piece(x, y, start, end);
    squared_y += dot_of_piece(y, y, start, end);
  })
  result[0] = squared_x, result[1] = product, result[2] = squared_y;
}

#define EACH_BLOCK(n, WHOLE_BLOCK, PART_OF_BLOCK)                                                  \
  int64_t i = 0;                                                                                   \
  for (; i + lanes <= (n); i += lanes) WHOLE_BLOCK;                                                \
  if (i < (n)) PART_OF_BLOCK;

static void add_scaled(int64_t n, double alpha, const void *x_start, void *y_start) {
  const E *x = x_start;
  E *y = y_start;
  const Block a = (Block)(E)alpha;
  EACH_BLOCK(
    n, store_block(y + i, fused_block(a, load_block(x + i), load_block(y + i))),
    store_lanes(y + i, n - i, fused_block(a, load_lanes(x + i, n - i), load_lanes(y + i, n - i))))
}

static double add_scaled_dot(int64_t n, double alpha, const void *x, void *y, const void *z) {
  double total = 0;
  EACH_PIECE_OF_VECTOR(n, {
    add_scaled(end - start, alpha, (const E *)x + start, (E *)y + start);
    total += dot_of_piece(z, y, start, end);
  })
  return total;
}

static void scale_add(int64_t n, const void *x_start, double beta, void *y_start) {
  const E *x = x_start;
  E *y = y_start;
  const Block b = (Block)(E)beta;
  EACH_BLOCK(
    n, store_block(y + i, fused_block(b, load_block(y + i), load_block(x + i))),
    store_lanes(y + i, n - i, fused_block(b, load_lanes(y + i, n - i), load_lanes(x + i, n - i))))
}

static void scale(int64_t n, double alpha, void *x_start) {
  E *x = x_start;
  const Block a = (Block)(E)alpha;
  EACH_BLOCK(
    n, store_block(x + i, a * load_block(x + i)), store_lanes(x + i, n - i, a * load_lanes(x + i, n - i)))
}

static void take_rows(
  int64_t count, int64_t columns, const int64_t *rows, const void *source, void *target) {
  const E *from = source;
  E *to = target;
  for (int64_t i = 0; i < count; i++, to += columns) {
    const E *row = from + rows[i] * columns;
    int64_t j = 0;
    for (; j + vector_length <= columns; j += vector_length) store(to + j, load(row + j));
    if (j < columns) {
      const Part part = part_of(columns - j);
      store_part(part, to + j, load_part(part, row + j));
    }
  }
}

/// Twelve chains hide the latency of two multipliers.
static double multiply_add_rounds(int64_t rounds) {
  enum { chains = 12 };
  V x[12];
  V factor = splat((E)0.999), term = splat((E)1e-7);
  UNROLL for (int i = 0; i < chains; i++) x[i] = splat((E)i);
  for (int64_t r = 0; r < rounds; r++) {
    UNROLL for (int i = 0; i < chains; i++) x[i] = fused(x[i], factor, term);
  }
  E most = 0;
  UNROLL for (int i = 0; i < chains; i++) most = x[i][0] > most ? x[i][0] : most;
  return most < 0 ? 0 : 2.0 * chains * vector_length * (double)rounds;
}
