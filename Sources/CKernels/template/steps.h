// The steps of fused loops: element-wise functions and reductions over the rows of a tile.

// What one step works on within a tile: rows of `count` elements. An operand's lane is 1 where its elements follow
// each other along a row and 0 where one value stands for the row.
typedef struct {
  const E *in[3];
  E *out;
  int64_t in_row[3], out_row;
  int lane[3];
  int64_t rows, count;
  E x;
} strip;

#define OPERAND(i, j) (lane##i ? load_block(p##i + (j)) : s##i)
#define OPERAND_PART(i, j, n) (lane##i ? load_lanes(p##i + (j), n) : s##i)

// An element-wise step: `expression` over blocks A, B, C and the number X.
#define ELEMENTWISE(name, inputs, expression)                                                       \
  static void step_##name(const strip * s) {                                            \
    const int lane0 = s->lane[0], lane1 = inputs > 1 ? s->lane[1] : 0, lane2 = inputs > 2 ? s->lane[2] : 0; \
    const Block X = (Block)s->x;                                                                    \
    (void)X;                                                                                        \
    for (int64_t r = 0; r < s->rows; r++) {                                                         \
      const E *p0 = s->in[0] + r * s->in_row[0];                                              \
      const E *p1 = inputs > 1 ? s->in[1] + r * s->in_row[1] : p0;                            \
      const E *p2 = inputs > 2 ? s->in[2] + r * s->in_row[2] : p0;                            \
      E *d = s->out + r * s->out_row;                                                         \
      const Block s0 = (Block)*p0, s1 = (Block)*p1, s2 = (Block)*p2;                                \
      int64_t j = 0;                                                                                \
      for (; j + lanes <= s->count; j += lanes) {                                                   \
        const Block A = OPERAND(0, j), B = inputs > 1 ? OPERAND(1, j) : A,                          \
                    C = inputs > 2 ? OPERAND(2, j) : A;                                             \
        (void)B;                                                                                    \
        (void)C;                                                                                    \
        store_block(d + j, expression);                                                             \
      }                                                                                             \
      const int64_t n = s->count - j;                                                               \
      if (n > 0) {                                                                                  \
        const Block A = OPERAND_PART(0, j, n), B = inputs > 1 ? OPERAND_PART(1, j, n) : A,          \
                    C = inputs > 2 ? OPERAND_PART(2, j, n) : A;                                     \
        (void)B;                                                                                    \
        (void)C;                                                                                    \
        store_lanes(d + j, n, expression);                                                     \
      }                                                                                             \
    }                                                                                               \
  }

ELEMENTWISE(copy, 1, A)
ELEMENTWISE(scale, 1, X * A)
ELEMENTWISE(offset, 1, A + X)
ELEMENTWISE(square, 1, A *A)
ELEMENTWISE(reciprocal, 1, (Block)1 / A)
ELEMENTWISE(square_root, 1, __builtin_elementwise_sqrt(A))
ELEMENTWISE(reciprocal_square_root, 1, (Block)1 / __builtin_elementwise_sqrt(A))
ELEMENTWISE(absolute, 1, magnitude(A))
ELEMENTWISE(sign, 1, choose(A > (Block)0, (Block)1, choose(A < (Block)0, (Block)-1, A *(Block)0)))
ELEMENTWISE(exp, 1, exponential(A))
ELEMENTWISE(log, 1, logarithm(A))
ELEMENTWISE(tanh, 1, hyperbolic_tangent(A))
ELEMENTWISE(sigmoid, 1, logistic(A))
ELEMENTWISE(softplus, 1, soft_plus(A))
ELEMENTWISE(relu, 1, rectified(A))
ELEMENTWISE(step, 1, choose(A > (Block)0, (Block)1, (Block)0))
ELEMENTWISE(add, 2, A + B)
ELEMENTWISE(subtract, 2, A - B)
ELEMENTWISE(multiply, 2, A *B)
ELEMENTWISE(divide, 2, A / B)
ELEMENTWISE(maximum, 2, choose((A > B) | (A != A), A, B))
ELEMENTWISE(minimum, 2, choose((A < B) | (A != A), A, B))
ELEMENTWISE(mask, 2, choose(B > (Block)0, A, (Block)0))
ELEMENTWISE(add_scaled, 2, fused_block(X, B, A))
ELEMENTWISE(tanh_slope, 2, A *((Block)1 - B * B))
ELEMENTWISE(sigmoid_slope, 2, A *(B *((Block)1 - B)))
ELEMENTWISE(multiply_add, 3, fused_block(A, B, C))
ELEMENTWISE(multiply_subtract, 3, fused_block(A, B, -C))
ELEMENTWISE(negated_multiply_add, 3, fused_block(-A, B, C))

static void step_one_hot(const strip * s) {
  for (int64_t r = 0; r < s->rows; r++) {
    E *d = s->out + r * s->out_row;
    for (int64_t j = 0; j < s->count; j++) d[j] = 0;
    const E label = s->in[0][r * s->in_row[0]];
    if (label >= 0 && label < (E)s->count) d[(int64_t)label] = 1;
  }
}

// ---- Reductions, of a or of a * b.

#define TERM(load, accumulator)                                                                     \
  (has_b ? fused_block(load(0), load(1), accumulator) : (accumulator) + load(0))
#define WHOLE(i) OPERAND(i, j)
#define PART(i) OPERAND_PART(i, j, n)

// One row's sum: blocks in turn onto one accumulator, the tail last, then folded.
static void step_sum_columns(const strip * s) {
  const int has_b = s->in[1] != NULL;
  const int lane0 = s->lane[0], lane1 = has_b ? s->lane[1] : 0;
  for (int64_t r = 0; r < s->rows; r++) {
    const E *p0 = s->in[0] + r * s->in_row[0];
    const E *p1 = has_b ? s->in[1] + r * s->in_row[1] : p0;
    const Block s0 = (Block)*p0, s1 = (Block)*p1;
    Block total = (Block)0;
    int64_t j = 0;
    for (; j + lanes <= s->count; j += lanes) total = TERM(WHOLE, total);
    const int64_t n = s->count - j;
    if (n > 0) {
      // A repeated value must not count in the lanes beyond the end.
      const Block a = load_lanes(lane0 ? p0 + j : (const E *)&s0, n);
      const Block b = has_b ? load_lanes(lane1 ? p1 + j : (const E *)&s1, n) : a;
      total = has_b ? fused_block(a, b, total) : total + a;
    }
    s->out[r * s->out_row] = fold(total);
  }
}

static void step_max_columns(const strip * s) {
  for (int64_t r = 0; r < s->rows; r++) {
    const E *p = s->in[0] + r * s->in_row[0];
    Block best = (Block)p[0];
    int64_t j = 0;
    for (; j + lanes <= s->count; j += lanes) {
      const Block a = load_block(p + j);
      best = choose((a > best) | (a != a), a, best);
    }
    E value = p[0];
    for (; j < s->count; j++) value = p[j] > value || p[j] != p[j] ? p[j] : value;
    for (int i = 0; i < lanes; i++) value = best[i] > value || best[i] != best[i] ? best[i] : value;
    s->out[r * s->out_row] = value;
  }
}

// The tile's sum over its rows, onto what earlier tiles gave: four blocks of columns at a time.
INLINE void sum_rows_blocks(
  const strip * s, int64_t j0, const int blocks, int64_t n, int is_first) {
  const int has_b = s->in[1] != NULL;
  const int lane0 = s->lane[0], lane1 = has_b ? s->lane[1] : 0;
  Block total[4] = {0, 0, 0, 0};
  for (int64_t r = 0; r < s->rows; r++) {
    const E *p0 = s->in[0] + r * s->in_row[0];
    const E *p1 = has_b ? s->in[1] + r * s->in_row[1] : p0;
    const Block s0 = (Block)*p0, s1 = (Block)*p1;
#pragma clang loop unroll(full)
    for (int i = 0; i < blocks; i++) {
      const int64_t j = j0 + i * lanes;
      if (n < 0) {
        total[i] = TERM(WHOLE, total[i]);
      } else {
        total[i] = TERM(PART, total[i]);
      }
    }
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < blocks; i++) {
    E *d = s->out + j0 + i * lanes;
    if (n < 0) {
      store_block(d, is_first ? total[i] : load_block(d) + total[i]);
    } else {
      store_lanes(d, n, is_first ? total[i] : load_lanes(d, n) + total[i]);
    }
  }
}

static void step_sum_rows(const strip * s, int is_first) {
  int64_t j = 0;
  for (; j + 4 * lanes <= s->count; j += 4 * lanes) sum_rows_blocks(s, j, 4, -1, is_first);
  for (; j + lanes <= s->count; j += lanes) sum_rows_blocks(s, j, 1, -1, is_first);
  if (j < s->count) sum_rows_blocks(s, j, 1, s->count - j, is_first);
}

// The sum of a whole tile.
static double step_sum_all(const strip * s) {
  const int has_b = s->in[1] != NULL;
  const int lane0 = s->lane[0], lane1 = has_b ? s->lane[1] : 0;
  Block total[4] = {0, 0, 0, 0};
  for (int64_t r = 0; r < s->rows; r++) {
    const E *p0 = s->in[0] + r * s->in_row[0];
    const E *p1 = has_b ? s->in[1] + r * s->in_row[1] : p0;
    const Block s0 = (Block)*p0, s1 = (Block)*p1;
    int64_t j = 0;
    for (; j + 4 * lanes <= s->count; j += 4 * lanes) {
      const int64_t start = j;
#pragma clang loop unroll(full)
      for (int i = 0; i < 4; i++) {
        const int64_t j = start + i * lanes;
        total[i] = TERM(WHOLE, total[i]);
      }
    }
    for (; j + lanes <= s->count; j += lanes) total[0] = TERM(WHOLE, total[0]);
    const int64_t n = s->count - j;
    if (n > 0) {
      const Block a = load_lanes(lane0 ? p0 + j : (const E *)&s0, n);
      const Block b = has_b ? load_lanes(lane1 ? p1 + j : (const E *)&s1, n) : a;
      total[1] = has_b ? fused_block(a, b, total[1]) : total[1] + a;
    }
  }
  return fold((total[0] + total[1]) + (total[2] + total[3]));
}

