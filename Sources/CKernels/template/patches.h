// Convolutions of images of few channels that are given, such as a network's first layer's. An output pixel is a product
// of its patch - the 3x3 pixels that the taps meet, `taps` values in all channels - with the weights, and what batch
// norm and pooling want of these needs no image of them:
//
// - sums over all output pixels come from sums over the patches, which depend on the images alone;
// - pooling passes on one pixel of each window, and what a window needs is in 4x4 pixels of the input. To compute the
//   outputs anew there costs less than to write and read them.
#ifdef CK_DESCRIPTORS

/// The most input channels of a convolution that is computed from its patches.
enum { CK_PATCH_CHANNELS = 3 };

/// `pool` of a convolution with weights w; where there is a factor, of factor * convolution.
typedef struct {
  ck_convolution convolution;  ///< without places
  int64_t padded_x, w, factor, y, index;  ///< places; the factor, and y or the index, may be left out
} ck_convolved_pooling;

#else

enum { most_taps = 9 * CK_PATCH_CHANNELS, window_pixels = 4 };

// ---- Sums over patches, in double precision: a factor of nearly dependent taps loses half the digits. Lanes run along
// an image's row, of which some columns are taken at a time.

enum { wide_lanes = 8, wide_vectors = 4, columns_at_once = wide_lanes * wide_vectors };

typedef double Wide __attribute__((ext_vector_type(wide_lanes)));

#if VECTOR_BYTES == 16
INLINE Wide fused_wide(Wide a, Wide b, Wide c) { return a * b + c; }
#else
INLINE Wide fused_wide(Wide a, Wide b, Wide c) { return __builtin_elementwise_fma(a, b, c); }
#endif

INLINE double sum_of_wide(Wide x) {
  return ((x[0] + x[4]) + (x[2] + x[6])) + ((x[1] + x[5]) + (x[3] + x[7]));
}

/// Sums over patches of values less a shift, which keeps them small: of each tap, and of products of tap t with the taps
/// from t on.
typedef struct {
  double shift[CK_PATCH_CHANNELS];
  Wide values[most_taps], products[most_taps][most_taps];
} patch_sums;

/// Some columns of an image row as the taps of a row meet them, zero beyond the last column.
typedef Wide row_of_taps[3 * CK_PATCH_CHANNELS][wide_vectors];

INLINE void read_row(
  const int64_t in, const E *from, int64_t columns, const double *shift, row_of_taps taps) {
  for (int64_t t = 0; t < 3 * in; t++) {
    double *const to = (double *)taps[t];
    for (int64_t j = 0; j < columns; j++) to[j] = (double)from[j * in + t] - shift[t % in];
    for (int64_t j = columns; j < columns_at_once; j++) to[j] = 0;
  }
}

/// Adds the patches of one output row, from the three rows that they meet.
INLINE void add_patches(
  const int64_t in, const row_of_taps *const rows[3], const int vectors, patch_sums *sums) {
  const int64_t taps = 9 * in;
  const Wide *tap[most_taps];
  for (int64_t t = 0; t < taps; t++) tap[t] = (*rows[t / (3 * in)])[t % (3 * in)];
  for (int64_t t = 0; t < taps; t++) {
    Wide own[wide_vectors], value = sums->values[t];
    UNROLL for (int v = 0; v < vectors; v++) value += own[v] = tap[t][v];
    sums->values[t] = value;
    for (int64_t u = t; u < taps; u++) {
      Wide product = sums->products[t][u];
      UNROLL for (int v = 0; v < vectors; v++) product = fused_wide(own[v], tap[u][v], product);
      sums->products[t][u] = product;
    }
  }
}

INLINE void sum_patches(
  const ck_convolution *c, const int64_t in, const E *padded_x, patch_sums *sums) {
  const int64_t row = (c->width + 2) * in;
  row_of_taps rows[3];
  for (int64_t n = 0; n < c->images; n++)
    for (int64_t first = 0; first < c->width; first += columns_at_once) {
      const int64_t columns = smaller(columns_at_once, c->width - first);
      const E *from = padded_x + n * (c->height + 2) * row + first * in;
      for (int64_t i = 0; i < c->height + 2; i++, from += row) {
        read_row(in, from, columns, sums->shift, rows[i % 3]);
        if (i < 2) continue;
        const row_of_taps *const met[3] = {&rows[(i + 1) % 3], &rows[(i + 2) % 3], &rows[i % 3]};
        switch (pieces_of(columns, wide_lanes)) {
          case 1: add_patches(in, met, 1, sums); break;
          case 2: add_patches(in, met, 2, sums); break;
          case 3: add_patches(in, met, 3, sums); break;
          default: add_patches(in, met, 4, sums); break;
        }
      }
    }
}

/// The upper triangle R of a Cholesky factor, R'R = G; taps that depend on those before get a row of zeros.
static void factor_of(int64_t taps, double gram[most_taps][most_taps]) {
  const double least = 1e-13;
  for (int64_t t = 0; t < taps; t++) {
    double square = gram[t][t];
    for (int64_t s = 0; s < t; s++) square -= gram[s][t] * gram[s][t];
    const bool depends = square <= least * gram[t][t];
    const double root = __builtin_elementwise_sqrt(square);
    for (int64_t u = t; u < taps; u++) {
      double rest = gram[t][u];
      for (int64_t s = 0; s < t; s++) rest -= gram[s][t] * gram[s][u];
      gram[t][u] = depends ? 0 : u == t ? root : rest / root;
    }
  }
}

static void patch_factor(const ck_convolution *c, const void *padded_x, void *result) {
  const int64_t in = c->in, taps = 9 * in, pixels = c->images * c->height * c->width;
  patch_sums sums = {0};
  // The first image's mean is near enough.
  for (int64_t e = 0; c->images > 0 && e < (c->height + 2) * (c->width + 2) * in; e++)
    sums.shift[e % in] += (double)((const E *)padded_x)[e] / (double)(c->height * c->width);
  if (in == 1) sum_patches(c, 1, padded_x, &sums);
  else sum_patches(c, in, padded_x, &sums);
  double sum[most_taps], gram[most_taps][most_taps];
  const double share = 1 / (double)larger(1, pixels);
  for (int64_t t = 0; t < taps; t++) sum[t] = sum_of_wide(sums.values[t]);
  for (int64_t t = 0; t < taps; t++)
    for (int64_t u = t; u < taps; u++)
      gram[t][u] = sum_of_wide(sums.products[t][u]) - sum[t] * share * sum[u];
  factor_of(taps, gram);
  E *to = result;
  for (int64_t t = 0; t < taps; t++) *to++ = (E)(sums.shift[t % in] + sum[t] * share);
  for (int64_t t = 0; t < taps; t++)
    for (int64_t u = 0; u < taps; u++) *to++ = u < t ? 0 : (E)gram[t][u];
}

// ---- Windows: `padded_x` at the corner of the 4x4 pixels that a window's outputs need.

#define EACH_CORNER(c, padded_x)                                                                   \
  for (int64_t n = 0, at = 0; n < (c)->images; n++)                                                \
    for (int64_t i = 0; i < (c)->height / 2; i++)                                                  \
      for (int64_t j = 0; j < (c)->width / 2; j++, at += (c)->out)

INLINE const E *corner_of(const ck_convolution *c, const E *padded_x, int64_t n, int64_t i, int64_t j) {
  return padded_x + ((n * (c->height + 2) + 2 * i) * (c->width + 2) + 2 * j) * c->in;
}

/// Pixel `k` of a window: its value under tap row `a`, tap column `b`, in a channel.
INLINE V under_tap(
  const ck_convolution *c, const E *corner, const int k, const int a, const int b, int64_t channel) {
  const int64_t row = a + k / 2, column = b + k % 2;
  return splat(corner[(row * (c->width + 2) + column) * c->in + channel]);
}

/// A vector of output channels: their weights, in registers where there is one input channel.
typedef struct {
  Part part;
  const E *from;
  V held[9];
} vector_of_weights;

INLINE vector_of_weights weights_of(const ck_convolution *c, const bool is_single, const E *w, int64_t channel) {
  vector_of_weights weights = {.part = part_of(smaller(vector_length, c->out - channel)), .from = w + channel};
  if (is_single)
    UNROLL for (int t = 0; t < 9; t++) weights.held[t] = load_part(weights.part, weights.from + t * c->out);
  return weights;
}

/// A window's four outputs: the same sums in the same order as `convolve` makes.
INLINE void outputs_of_window(
  const ck_convolution *c, const bool is_single, const E *corner, const vector_of_weights *w,
  V y[window_pixels]) {
  UNROLL for (int k = 0; k < window_pixels; k++) y[k] = splat(0);
  UNROLL for (int a = 0; a < 3; a++)
    UNROLL for (int b = 0; b < 3; b++)
      for (int64_t channel = 0; channel < (is_single ? 1 : c->in); channel++) {
        const int64_t tap = (3 * a + b) * (is_single ? 1 : c->in) + channel;
        const V weight = is_single ? w->held[tap] : load_part(w->part, w->from + tap * c->out);
        UNROLL for (int k = 0; k < window_pixels; k++)
          y[k] = fused(under_tap(c, corner, k, a, b, channel), weight, y[k]);
      }
}

#if HAS_LANES_AT
// All that a window needs of one channel is in a vector, from which each lane takes the pixel that its index names.

INLINE V pixels_of_window(const ck_convolution *c, const E *corner) {
  E pixels[16];
  UNROLL for (int i = 0; i < 4; i++) memcpy(pixels + 4 * i, corner + i * (c->width + 2), 4 * sizeof(E));
  return load(pixels);
}

/// Where the chosen output's patch begins.
INLINE VWhole places_of(V index) {
  const VWhole k = __builtin_convertvector(index, VWhole);
  return k + (k & (VWhole)2);
}

INLINE V chosen_under_tap(V pixels, VWhole places, const int tap) {
  return lanes_at(pixels, places + (VWhole)(4 * (tap / 3) + tap % 3));
}
#endif

INLINE void pool_outputs(
  const ck_convolution *c, const bool is_single, const E *x, const vector_of_weights *w,
  const E *factor, E *y, E *index) {
  const V one = splat(1);
  const V sign = factor ? choose(load_part(w->part, factor) < splat(0), -one, one) : one;
  EACH_CORNER(c, x) {
    V outputs[window_pixels];
    outputs_of_window(c, is_single, corner_of(c, x, n, i, j), w, outputs);
    UNROLL for (int k = 0; k < window_pixels; k++) outputs[k] *= sign;
    V best = outputs[0], which = splat(0);
    UNROLL for (int k = 1; k < window_pixels; k++) {
      const VWhole wins = wins_over(outputs[k], best);
      best = choose(wins, outputs[k], best);
      which = choose(wins, splat((E)k), which);
    }
    if (y) store_part(w->part, y + at, best * sign);
    if (index) store_part(w->part, index + at, which);
  }
}

INLINE void gather_outputs(
  const ck_convolution *c, const bool is_single, const E *x, const vector_of_weights *w,
  const E *index, E *y) {
  EACH_CORNER(c, x) {
    const E *corner = corner_of(c, x, n, i, j);
    const V which = load_part(w->part, index + at);
#if HAS_LANES_AT
    if (is_single) {
      const V pixels = pixels_of_window(c, corner);
      const VWhole places = places_of(which);
      V output = splat(0);
      UNROLL for (int t = 0; t < 9; t++)
        output = fused(chosen_under_tap(pixels, places, t), w->held[t], output);
      store_part(w->part, y + at, output);
      continue;
    }
#endif
    V outputs[window_pixels];
    outputs_of_window(c, is_single, corner, w, outputs);
    V value = outputs[0];
    UNROLL for (int k = 1; k < window_pixels; k++)
      value = choose(which == splat((E)k), outputs[k], value);
    store_part(w->part, y + at, value);
  }
}

#define EACH_VECTOR_OF_WEIGHTS(c, w, CALL)                                                         \
  for (int64_t e = 0; e < (c)->out; e += vector_length) {                                          \
    if ((c)->in == 1) {                                                                            \
      const bool is_single = true;                                                                 \
      const vector_of_weights weights = weights_of(c, is_single, w, e);                            \
      CALL;                                                                                        \
    } else {                                                                                       \
      const bool is_single = false;                                                                \
      const vector_of_weights weights = weights_of(c, is_single, w, e);                            \
      CALL;                                                                                        \
    }                                                                                              \
  }

static void convolve_pool(
  const ck_convolution *c, const void *padded_x, const void *w, const void *factor, void *y,
  void *index) {
  EACH_VECTOR_OF_WEIGHTS(
    c, w,
    pool_outputs(
      c, is_single, padded_x, &weights, factor ? (const E *)factor + e : NULL, y ? (E *)y + e : NULL,
      index ? (E *)index + e : NULL))
}

static void convolve_pool_gather(
  const ck_convolution *c, const void *padded_x, const void *w, const void *index, void *y) {
  EACH_VECTOR_OF_WEIGHTS(
    c, w, gather_outputs(c, is_single, padded_x, &weights, (const E *)index + e, (E *)y + e))
}

/// Adds a window's part of the gradient in the weights of one input channel.
INLINE void add_window(
  const ck_convolution *c, const bool is_single, const E *corner, V dy, V which, V sum[9]) {
#if HAS_LANES_AT
  if (is_single) {
    const V pixels = pixels_of_window(c, corner);
    const VWhole places = places_of(which);
    UNROLL for (int t = 0; t < 9; t++) sum[t] = fused(chosen_under_tap(pixels, places, t), dy, sum[t]);
    return;
  }
#endif
  (void)is_single;
  UNROLL for (int k = 0; k < window_pixels; k++) {
    const V own = choose(which == splat((E)k), dy, splat(0));
    UNROLL for (int t = 0; t < 9; t++)
      sum[t] = fused(under_tap(c, corner, k, t / 3, t % 3, 0), own, sum[t]);
  }
}

/// The gradient in the weights of one input channel: `x` is at that channel. Images are summed on their own first.
INLINE void pooled_weight_gradient(
  const ck_convolution *c, const bool is_single, Part part, const E *x, const E *dy, const E *index, E *dw) {
  V total[9];
  UNROLL for (int t = 0; t < 9; t++) total[t] = splat(0);
  for (int64_t n = 0, at = 0; n < c->images; n++) {
    V sum[9];
    UNROLL for (int t = 0; t < 9; t++) sum[t] = splat(0);
    for (int64_t i = 0; i < c->height / 2; i++)
      for (int64_t j = 0; j < c->width / 2; j++, at += c->out)
        add_window(
          c, is_single, corner_of(c, x, n, i, j), load_part(part, dy + at), load_part(part, index + at), sum);
    UNROLL for (int t = 0; t < 9; t++) total[t] += sum[t];
  }
  UNROLL for (int t = 0; t < 9; t++) {
    E *to = dw + t * c->in * c->out;
    store_part(part, to, c->initial == CK_ACCUMULATE ? load_part(part, to) + total[t] : total[t]);
  }
}

static void convolve_pool_weight_gradient(
  const ck_convolution *c, const void *padded_x, const void *dy, const void *index, void *dw) {
  for (int64_t channel = 0; channel < c->in; channel++)
    for (int64_t e = 0; e < c->out; e += vector_length) {
      const Part part = part_of(smaller(vector_length, c->out - e));
      const E *x = (const E *)padded_x + channel, *from = (const E *)dy + e, *which = (const E *)index + e;
      E *to = (E *)dw + channel * c->out + e;
      if (c->in == 1) pooled_weight_gradient(c, true, part, x, from, which, to);
      else pooled_weight_gradient(c, false, part, x, from, which, to);
    }
}

CALLED(patch_factor, ck_convolution, patch_factor(d, AT(a), AT(result)))
CALLED(
  convolve_pool, ck_convolved_pooling,
  convolve_pool(
    &d->convolution, AT(padded_x), AT(w), AT_OR_NULL(factor), AT_OR_NULL(y), AT_OR_NULL(index)))
CALLED(
  convolve_pool_gather, ck_convolution, convolve_pool_gather(d, AT(a), AT(b), AT(c), AT(result)))
CALLED(
  convolve_pool_weight_gradient, ck_convolution,
  convolve_pool_weight_gradient(d, AT(a), AT(b), AT(c), AT(result)))

#endif
