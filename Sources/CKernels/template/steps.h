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

#define OPERAND(i, j) (lane##i ? load(p##i + (j)) : s##i)
#define OPERAND_PART(i, j) (lane##i ? load_part(part, p##i + (j)) : s##i)

// An element-wise step: `expression` over vectors a, b, c and the number x.
#define ELEMENTWISE(name, inputs, expression)                                                      \
  INLINE V value_of_##name(V a, V b, V c, V x) {                                                   \
    (void)a, (void)b, (void)c, (void)x;                                                            \
    return expression;                                                                             \
  }                                                                                                \
  static void step_##name(const strip *s) {                                                        \
    const int lane0 = s->lane[0], lane1 = inputs > 1 ? s->lane[1] : 0;                             \
    const int lane2 = inputs > 2 ? s->lane[2] : 0;                                                 \
    const V x = splat(s->x);                                                                       \
    for (int64_t r = 0; r < s->rows; r++) {                                                        \
      const E *p0 = s->in[0] + r * s->in_row[0];                                                   \
      const E *p1 = inputs > 1 ? s->in[1] + r * s->in_row[1] : p0;                                 \
      const E *p2 = inputs > 2 ? s->in[2] + r * s->in_row[2] : p0;                                 \
      E *d = s->out + r * s->out_row;                                                              \
      const V s0 = splat(*p0), s1 = splat(*p1), s2 = splat(*p2);                                   \
      int64_t j = 0;                                                                               \
      for (; j + vector_length <= s->count; j += vector_length) {                                  \
        const V a = OPERAND(0, j), b = inputs > 1 ? OPERAND(1, j) : a;                             \
        store(d + j, value_of_##name(a, b, inputs > 2 ? OPERAND(2, j) : a, x));                    \
      }                                                                                            \
      if (j < s->count) {                                                                          \
        const Part part = part_of(s->count - j);                                                   \
        const V a = OPERAND_PART(0, j), b = inputs > 1 ? OPERAND_PART(1, j) : a;                   \
        store_part(part, d + j, value_of_##name(a, b, inputs > 2 ? OPERAND_PART(2, j) : a, x));    \
      }                                                                                            \
    }                                                                                              \
  }

ELEMENTWISE(copy, 1, a)
ELEMENTWISE(scale, 1, x *a)
ELEMENTWISE(offset, 1, a + x)
ELEMENTWISE(square, 1, a *a)
ELEMENTWISE(reciprocal, 1, splat(1) / a)
ELEMENTWISE(square_root, 1, __builtin_elementwise_sqrt(a))
ELEMENTWISE(reciprocal_square_root, 1, splat(1) / __builtin_elementwise_sqrt(a))
ELEMENTWISE(absolute, 1, absolute(a))
ELEMENTWISE(sign, 1, choose(a > splat(0), splat(1), choose(a < splat(0), splat(-1), a)))
ELEMENTWISE(exp, 1, exponential(a))
ELEMENTWISE(log, 1, logarithm(a))
ELEMENTWISE(tanh, 1, hyperbolic_tangent(a))
ELEMENTWISE(sigmoid, 1, sigmoid(a))
ELEMENTWISE(softplus, 1, softplus(a))
ELEMENTWISE(relu, 1, choose(a <= splat(0), splat(0), a))
ELEMENTWISE(step, 1, choose(a > splat(0), splat(1), splat(0)))
ELEMENTWISE(add, 2, a + b)
ELEMENTWISE(subtract, 2, a - b)
ELEMENTWISE(multiply, 2, a *b)
ELEMENTWISE(divide, 2, a / b)
ELEMENTWISE(maximum, 2, maximum(a, b))
ELEMENTWISE(minimum, 2, minimum(a, b))
ELEMENTWISE(mask, 2, choose(b > splat(0), a, splat(0)))
ELEMENTWISE(add_scaled, 2, fused(x, b, a))
ELEMENTWISE(tanh_slope, 2, a *fused(-b, b, splat(1)))
ELEMENTWISE(sigmoid_slope, 2, a *b *(splat(1) - b))
ELEMENTWISE(multiply_add, 3, fused(a, b, c))
ELEMENTWISE(multiply_subtract, 3, fused(a, b, -c))
ELEMENTWISE(negated_multiply_add, 3, fused(-a, b, c))

static void step_one_hot(const strip * s) {
  for (int64_t r = 0; r < s->rows; r++) {
    E *d = s->out + r * s->out_row;
    for (int64_t j = 0; j < s->count; j++) d[j] = 0;
    const E label = s->in[0][r * s->in_row[0]];
    if (label >= 0 && label < (E)s->count) d[(int64_t)label] = 1;
  }
}

// ---- Reductions, of a or of a * b.

#define BLOCK_OPERAND(i, j) (lane##i ? load_block(p##i + (j)) : s##i)
#define BLOCK_PART(i, j, n) (lane##i ? load_lanes(p##i + (j), n) : s##i)
#define TERM(operand, accumulator) \
  (has_b ? fused_block(operand(0), operand(1), accumulator) : (accumulator) + operand(0))
#define WHOLE(i) BLOCK_OPERAND(i, j)
#define PART(i) BLOCK_PART(i, j, n)

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

static void step_max_columns(const strip *s) {
  for (int64_t r = 0; r < s->rows; r++) {
    const E *p = s->in[0] + r * s->in_row[0];
    V best = splat(p[0]);
    int64_t j = 0;
    for (; j + vector_length <= s->count; j += vector_length) best = maximum(load(p + j), best);
    E value = p[0];
    for (; j < s->count; j++) value = p[j] > value || p[j] != p[j] ? p[j] : value;
    for (int i = 0; i < vector_length; i++)
      value = best[i] > value || best[i] != best[i] ? best[i] : value;
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

