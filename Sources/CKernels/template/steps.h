// The steps of fused loops: element-wise functions and reductions over the rows of a tile.

// What one step works on within a tile: rows of `count` elements. An operand's lane is 1 where its
// elements follow each other along a row and 0 where one value stands for the row.
typedef struct {
  const E *in[4];
  E *out;
  int64_t in_row[4], out_row;
  int lane[4];
  int64_t rows, count;
  int64_t first_row, height, width;  // of CK_UNPOOL
  E x;
} strip;

// Which operands are vectors along a row is a constant to the loops below.
#define OPERAND(i) (lane##i ? load(p##i + j) : s##i)
#define OPERAND_PART(i) (lane##i ? load_part(part, p##i + j) : s##i)

// An element-wise step: `expression` over vectors a, b, c and the number x.
#define ELEMENTWISE(name, inputs, expression)                                                      \
  INLINE V value_of_##name(V a, V b, V c, V e, V x) {                                              \
    (void)a, (void)b, (void)c, (void)e, (void)x;                                                   \
    return expression;                                                                             \
  }                                                                                                \
  INLINE void run_##name(                                                                          \
    const strip *s, const int lane0, const int lane1, const int lane2, const int lane3) {          \
    const V x = splat(s->x);                                                                       \
    const int64_t whole = s->count / vector_length * vector_length;                                \
    const Part part = part_of(s->count - whole);                                                   \
    const E *p0 = s->in[0], *p1 = inputs > 1 ? s->in[1] : p0, *p2 = inputs > 2 ? s->in[2] : p0;    \
    const E *p3 = inputs > 3 ? s->in[3] : p0;                                                      \
    E *d = s->out;                                                                                 \
    for (int64_t r = 0; r < s->rows; r++, d += s->out_row) {                                       \
      const V s0 = lane0 ? x : splat(*p0), s1 = lane1 ? x : splat(*p1);                            \
      const V s2 = lane2 ? x : splat(*p2), s3 = lane3 ? x : splat(*p3);                            \
      int64_t j = 0;                                                                               \
      for (; j < whole; j += vector_length) {                                                      \
        const V a = OPERAND(0), b = inputs > 1 ? OPERAND(1) : a, c = inputs > 2 ? OPERAND(2) : a;  \
        store(d + j, value_of_##name(a, b, c, inputs > 3 ? OPERAND(3) : a, x));                    \
      }                                                                                            \
      if (j < s->count) {                                                                          \
        const V a = OPERAND_PART(0), b = inputs > 1 ? OPERAND_PART(1) : a;                         \
        const V c = inputs > 2 ? OPERAND_PART(2) : a, e = inputs > 3 ? OPERAND_PART(3) : a;        \
        store_part(part, d + j, value_of_##name(a, b, c, e, x));                                   \
      }                                                                                            \
      p0 += s->in_row[0];                                                                          \
      if (inputs > 1) p1 += s->in_row[1];                                                          \
      if (inputs > 2) p2 += s->in_row[2];                                                          \
      if (inputs > 3) p3 += s->in_row[3];                                                          \
    }                                                                                              \
  }                                                                                                \
  static void step_##name(const strip *s) {                                                        \
    const int lane0 = s->lane[0], lane1 = inputs > 1 ? s->lane[1] : 1;                             \
    const int lane2 = inputs > 2 ? s->lane[2] : 1, lane3 = inputs > 3 ? s->lane[3] : 1;            \
    if (lane0 && lane1 && lane2 && lane3) run_##name(s, 1, 1, 1, 1);                               \
    else if (inputs == 1) run_##name(s, 0, 1, 1, 1);                                               \
    else if (inputs == 2 && lane0) run_##name(s, 1, 0, 1, 1);                                      \
    else if (inputs == 2 && lane1) run_##name(s, 0, 1, 1, 1);                                      \
    else run_##name(s, lane0, lane1, lane2, lane3);                                                \
  }

#define STEP(NAME, name, inputs, expression) ELEMENTWISE(name, inputs, (expression))
#include "../step_list.h"
#undef STEP

static void step_one_hot(const strip * s) {
  for (int64_t r = 0; r < s->rows; r++) {
    E *d = s->out + r * s->out_row;
    for (int64_t j = 0; j < s->count; j++) d[j] = 0;
    const E label = s->in[0][r * s->in_row[0]];
    if (label >= 0 && label < (E)s->count) d[(int64_t)label] = 1;
  }
}

/// One pixel, or two side by side in one window (`pair`), from the window's values and places.
INLINE void unpool_pixels(
  const strip *s, const bool pair, int64_t at, int place, E *d) {
  const E *values = s->in[0] + at, *places = s->in[1] + at;
  const V left = splat((E)place), right = splat((E)(place + 1));
  int64_t c = 0;
  for (; c + vector_length <= s->count; c += vector_length) {
    const V value = load(values + c), which = load(places + c);
    store(d + c, choose(which == left, value, splat(0)));
    if (pair) store(d + s->out_row + c, choose(which == right, value, splat(0)));
  }
  if (c < s->count) {
    const Part part = part_of(s->count - c);
    const V value = load_part(part, values + c), which = load_part(part, places + c);
    store_part(part, d + c, choose(which == left, value, splat(0)));
    if (pair) store_part(part, d + s->out_row + c, choose(which == right, value, splat(0)));
  }
}

/// Rows of the tile are the pixels `first_row` and on; each takes what of its window chose it.
static void step_unpool(const strip *s) {
  const int64_t pooled_height = s->height / 2, pooled_width = s->width / 2;
  int64_t j = s->first_row % s->width, i = s->first_row / s->width % s->height;
  int64_t image = s->first_row / (s->width * s->height);
  for (int64_t r = 0; r < s->rows;) {
    E *d = s->out + r * s->out_row;
    const int64_t at = ((image * pooled_height + i / 2) * pooled_width + j / 2) * s->count;
    const int place = (int)(i % 2 * 2 + j % 2);
    int64_t pixels = 1;
    if (i / 2 >= pooled_height || j / 2 >= pooled_width) {
      for (int64_t c = 0; c < s->count; c++) d[c] = 0;
    } else if (j % 2 == 0 && r + 1 < s->rows) {
      unpool_pixels(s, true, at, place, d);
      pixels = 2;
    } else {
      unpool_pixels(s, false, at, place, d);
    }
    r += pixels;
    j += pixels;
    if (j == s->width) {
      j = 0;
      if (++i == s->height) i = 0, image++;
    }
  }
}

// ---- Reductions, of a or of a * b.

#define BLOCK_OPERAND(i, j) (lane##i ? load_block(p##i + (j)) : s##i)
#define BLOCK_PART(i, j, n) (lane##i ? load_lanes(p##i + (j), n) : s##i)
#define TERM(operand, accumulator) \
  (has_b ? fused_block(operand(0), operand(1), accumulator) : (accumulator) + operand(0))
#define WHOLE(i) BLOCK_OPERAND(i, j)
#define PART(i) BLOCK_PART(i, j, n)

// Rows of at most one block are folded many at once, where a block is one register.
enum { rows_at_once = VECTOR_BYTES == 64 ? lanes : 0 };

INLINE bool folds_at_once(const strip *s) {
  return rows_at_once > 0 && s->count <= lanes && s->out_row == 1 && s->lane[0]
    && (s->in[1] == NULL || s->lane[1]);
}

/// The first rows, whole groups of them; gives their number.
INLINE int64_t fold_rows(const strip *s, const bool largest) {
  const int64_t rows = s->rows / larger(rows_at_once, 1) * rows_at_once;
  for (int64_t r = 0; r < rows; r += rows_at_once) {
    Block b[16];
    UNROLL for (int i = 0; i < rows_at_once; i++) {
      const E *p0 = s->in[0] + (r + i) * s->in_row[0];
      if (largest) {
        b[i] = load_lanes_or(p0, s->count, (Block)p0[0]);
      } else {
        const Block a = load_lanes(p0, s->count);
        b[i] = s->in[1] ? fused_block(a, load_lanes(s->in[1] + (r + i) * s->in_row[1], s->count), (Block)0)
                        : (Block)0 + a;
      }
    }
    store_block(s->out + r, largest ? larger_lanes(largest_of_each(b), (Block)lowest) : fold_each(b));
  }
  return rows;
}

// One row's sum: blocks in turn onto one accumulator, the tail last, then folded.
static void step_sum_columns(const strip * s) {
  const int has_b = s->in[1] != NULL;
  const int lane0 = s->lane[0], lane1 = has_b ? s->lane[1] : 0;
  for (int64_t r = folds_at_once(s) ? fold_rows(s, false) : 0; r < s->rows; r++) {
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

// Blocks in turn, then the upper half onto the lower one: lanes beyond the end repeat the first
// value. Not below the lowest finite number, so that minus infinity less the largest is minus infinity.
static void step_max_columns(const strip *s) {
  const int64_t whole = s->count / lanes * lanes, n = s->count - whole;
  for (int64_t r = folds_at_once(s) ? fold_rows(s, true) : 0; r < s->rows; r++) {
    const E *p = s->in[0] + r * s->in_row[0];
    if (!s->lane[0]) {  // one value, repeated
      s->out[r * s->out_row] = *p < lowest ? lowest : *p;
      continue;
    }
    Block best = larger_lanes((Block)p[0], (Block)lowest);
    for (int64_t j = 0; j < whole; j += lanes) best = larger_lanes(load_block(p + j), best);
    if (n > 0) best = larger_lanes(load_lanes_or(p + whole, n, (Block)p[0]), best);
    s->out[r * s->out_row] = largest_lane(best);
  }
}

// The tile's sum over its rows, onto what earlier tiles gave: some blocks of columns at a time, of
// which the last has n columns, or all where n < 0.
INLINE void sum_rows_blocks(
  const strip * s, int64_t j0, const int blocks, int64_t n, int is_first) {
  const int has_b = s->in[1] != NULL;
  const int lane0 = s->lane[0], lane1 = has_b ? s->lane[1] : 0;
  Block total[4] = {0, 0, 0, 0};
  for (int64_t r = 0; r < s->rows; r++) {
    const E *p0 = s->in[0] + r * s->in_row[0];
    const E *p1 = has_b ? s->in[1] + r * s->in_row[1] : p0;
    const Block s0 = (Block)*p0, s1 = (Block)*p1;
    UNROLL for (int i = 0; i < blocks; i++) {
      const int64_t j = j0 + i * lanes;
      if (i == blocks - 1 && n >= 0) total[i] = TERM(PART, total[i]);
      else total[i] = TERM(WHOLE, total[i]);
    }
  }
  UNROLL for (int i = 0; i < blocks; i++) {
    E *d = s->out + j0 + i * lanes;
    if (i == blocks - 1 && n >= 0) store_lanes(d, n, is_first ? total[i] : load_lanes(d, n) + total[i]);
    else store_block(d, is_first ? total[i] : load_block(d) + total[i]);
  }
}

static void step_sum_rows(const strip * s, int is_first) {
  int64_t j = 0;
  for (; j + 4 * lanes <= s->count; j += 4 * lanes) sum_rows_blocks(s, j, 4, -1, is_first);
  const int64_t beyond = (s->count - j) % lanes, n = beyond ? beyond : -1;
  switch (pieces_of(s->count - j, lanes)) {
    case 1: sum_rows_blocks(s, j, 1, n, is_first); break;
    case 2: sum_rows_blocks(s, j, 2, n, is_first); break;
    case 3: sum_rows_blocks(s, j, 3, n, is_first); break;
    case 4: sum_rows_blocks(s, j, 4, n, is_first); break;
    default: break;
  }
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

