// Convolutions to few output channels, which would leave lanes idle: a vector holds those channels for two or four
// neighbouring terms, whose sums are added up at the end. Weights are copied in this order: of each tap, groups of
// terms, of each the output channels, of each the terms.

/// Terms that lie side by side in a vector.
INLINE int64_t terms_side_by_side(const ck_windows *d) {
  const int64_t out = d->out / d->groups, depth = joined_taps(d) * (d->in / d->groups);
  return 4 * out <= vector_length && depth >= 4 ? 4 : 2 * out <= vector_length && depth >= 2 ? 2 : 1;
}

/// Vectors of weights of a row of taps, or of one where taps are apart.
INLINE int64_t term_groups(const ck_windows *d) {
  return pieces_of(joined_taps(d) * (d->in / d->groups), terms_side_by_side(d));
}

/// Elements of the copied weights.
static int64_t narrow_weights(const ck_windows *d) {
  if (terms_side_by_side(d) == 1) return 0;
  const int64_t apart = d->kernel_width / joined_taps(d);
  return d->groups * d->kernel_height * apart * term_groups(d) * vector_length;
}

static void copy_narrow_weights(const ck_windows *d, const E *weights, E *copy) {
  const int64_t in = d->in / d->groups, out = d->out / d->groups, terms = terms_side_by_side(d);
  const int64_t depth = joined_taps(d) * in, pieces = d->kernel_height * d->kernel_width / joined_taps(d);
  memset(copy, 0, (size_t)narrow_weights(d) * sizeof(E));
  for (int64_t g = 0; g < d->groups; g++)
    for (int64_t piece = 0; piece < pieces; piece++, copy += term_groups(d) * vector_length)
      for (int64_t l = 0; l < depth; l++) {
        const E *from = weights + (piece * depth + l) * d->out + g * out;
        // The last group's terms are its last lanes: those of its first lanes were in the group before.
        const int64_t place = l < depth / terms * terms ? l % terms : terms - (depth - l);
        E *to = copy + l / terms * vector_length + place;
        for (int64_t j = 0; j < out; j++) to[j * terms] = from[j];
      }
}

typedef E Two __attribute__((ext_vector_type(2)));
typedef E Four __attribute__((ext_vector_type(4)));
typedef struct {
  Two value;
} __attribute__((packed, may_alias)) unaligned_two;
typedef struct {
  Four value;
} __attribute__((packed, may_alias)) unaligned_four;

/// Neighbouring terms, again and again.
INLINE V repeated(const int terms, const E *p) {
  V x = splat(0);
  if (terms == 2) {
    const Two two = ((const unaligned_two *)p)->value;
    UNROLL for (int e = 0; e < vector_length; e++) x[e] = two[e % 2];
  } else {
    const Four four = ((const unaligned_four *)p)->value;
    UNROLL for (int e = 0; e < vector_length; e++) x[e] = four[e % 4];
  }
  return x;
}

/// Ones in the last `count` of the terms' lanes, zeros before.
INLINE VBits last_terms(const int terms, int64_t count) {
  static const Bits zeros_then_ones[8] = {0, 0, 0, 0, ~(Bits)0, ~(Bits)0, ~(Bits)0, ~(Bits)0};
  return bits_of(repeated(terms, (const E *)(zeros_then_ones + 4 - terms + count)));
}

/// Lane j is the sum of the pair 2 j.
INLINE V sums_of_pairs(V x) {
  V even = splat(0), odd = splat(0);
  UNROLL for (int e = 0; e < vector_length / 2; e++) even[e] = x[2 * e], odd[e] = x[2 * e + 1];
  return even + odd;
}

/// Output pixels of a row: `walk` of `wide_convolve`, but for B, which is the copied weights.
INLINE void narrow_tile(
  const int rows, const int terms, const walk *w, const E *a, const E *b, const E *initial, E *c) {
  V sum[MAX_TILE_ROWS];
  int64_t thirds[MAX_TILE_ROWS / 3 + 1];
  UNROLL for (int i = 0; i <= MAX_TILE_ROWS / 3; i++) thirds[i] = w->a_third_rows[i];
  UNROLL for (int i = 0; i < rows; i++) sum[i] = splat(0);
  const int64_t a_row = w->a_row, whole = w->depth / terms, rest = w->depth % terms;
  const VBits kept = last_terms(terms, rest);
  for (int64_t block = 0; block < w->blocks; block++)
    for (int64_t piece = 0; piece < w->pieces; piece++) {
      const E *al = a + block * w->a_block + piece * w->a_piece;
      for (int64_t l = 0; l < whole; l++, al += terms, b += vector_length) {
        const V weights = load(b);
        UNROLL for (int i = 0; i < rows; i++)
          sum[i] = fused(repeated(terms, al + thirds[i / 3] + i % 3 * a_row), weights, sum[i]);
      }
      if (rest > 0) {
        const V weights = load(b);
        const E *last = al + rest - terms;
        b += vector_length;
        UNROLL for (int i = 0; i < rows; i++) {
          const V terms_left = repeated(terms, last + thirds[i / 3] + i % 3 * a_row);
          sum[i] = fused(of_bits(bits_of(terms_left) & kept), weights, sum[i]);
        }
      }
    }
  const Part part = part_of(w->tail);
  UNROLL for (int i = 0; i < rows; i++) {
    sum[i] = sums_of_pairs(sum[i]);
    if (terms == 4) sum[i] = sums_of_pairs(sum[i]);
    if (initial) sum[i] = load_part(part, initial + i * w->initial_row) + sum[i];
  }
  UNROLL for (int i = 0; i < rows; i++) store_part(part, c + i * w->c_row, sum[i]);
}

#define NARROW_TILE(terms, rows, vectors)                                                          \
  static void narrow_tile_##terms##_##rows(                                                        \
    const walk *w, const E *a, const E *b, const E *initial, E *c) {                               \
    narrow_tile(rows, terms, w, a, b, initial, c);                                                 \
  }
#define NARROW_NAME(terms, rows, vectors) narrow_tile_##terms##_##rows,
#define NARROW_TILES_1(rows) ROWS_TO_##rows(NARROW_TILE, 2, 1) ROWS_TO_##rows(NARROW_TILE, 4, 1)
#define NARROW_TILES_2(rows)
#define NARROW_TILES_3(rows)
#define NARROW_TILES_4(rows)
#define NARROW_TILES(rows, vectors) NARROW_TILES_##vectors(rows)
ALL_TILES(NARROW_TILES)
#define NARROW_NAMES_1(rows) {ROWS_TO_##rows(NARROW_NAME, 2, 1)}, {ROWS_TO_##rows(NARROW_NAME, 4, 1)},
#define NARROW_NAMES_2(rows)
#define NARROW_NAMES_3(rows)
#define NARROW_NAMES_4(rows)
#define NARROW_NAMES(rows, vectors) NARROW_NAMES_##vectors(rows)
static const tile_function narrow_tiles[2][MAX_TILE_ROWS] = {ALL_TILES(NARROW_NAMES)};

static void narrow_convolve(const ck_windows *d, const E *x, const E *weights, E *y, E *copy) {
  const int64_t in = d->in / d->groups, out = d->out / d->groups, row = d->padded_width * d->in;
  const int64_t of_group = narrow_weights(d) / d->groups;
  copy_narrow_weights(d, weights, copy);
  // Tiles as even as can be.
  const int64_t tiles = larger(1, pieces_of(d->out_width, most_rows[0])), rows = pieces_of(d->out_width, tiles);
  const tile_function *of_rows = narrow_tiles[terms_side_by_side(d) / 4];
  walk w = {
    .depth = joined_taps(d) * in, .pieces = d->kernel_width / joined_taps(d), .blocks = d->kernel_height,
    .a_piece = d->dilation_width * d->in, .a_block = d->dilation_height * row, .c_row = d->out,
    .initial_row = d->out, .tail = out,
  };
  set_rows(&w, d->stride_width * d->in);
  for (int64_t n = 0; n < d->images; n++)
    for (int64_t i = 0; i < d->out_height; i++)
      for (int64_t g = 0; g < d->groups; g++) {
        const E *a = x + (n * d->padded_height + i * d->stride_height) * row + g * in;
        E *c = y + (n * d->out_height + i) * d->out_width * d->out + g * out;
        for (int64_t j = 0; j < d->out_width; j += rows)
          of_rows[smaller(rows, d->out_width - j) - 1](
            &w, a + j * w.a_row, copy + g * of_group,
            d->initial == CK_ACCUMULATE ? c + j * d->out : NULL, c + j * d->out);
      }
}
