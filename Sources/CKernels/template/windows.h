// Convolutions and pooling with windows of any size, stride, dilation and groups, of images that are padded before.
// Products without a copied matrix, as in `convolution.h`: rows of a register tile are the pixels of an output row (or,
// for the weights' gradient, the input channels under the taps of a row).
#ifdef CK_DESCRIPTORS

/// Windows over padded images [images, padded_height, padded_width, in], for convolutions to [images, out_height,
/// out_width, out]. Each of the groups of input channels has its own output channels; weights are
/// [kernel_height][kernel_width][in / groups][out].
typedef struct {
  int64_t images, in, out, groups;
  int64_t kernel_height, kernel_width, stride_height, stride_width, dilation_height, dilation_width;
  int64_t padded_height, padded_width, out_height, out_width;
  int32_t initial;  ///< CK_ZERO or CK_ACCUMULATE
  int64_t a, b, result;  ///< places
} ck_windows;

/// Windows over images that are not padded, for pooling: what lies beyond an image does not count.
typedef struct {
  int64_t images, height, width, channels;
  int64_t kernel_height, kernel_width, stride_height, stride_width, dilation_height, dilation_width;
  int64_t top, left, out_height, out_width;
  int64_t x, index, result;  ///< places
} ck_window_pooling;

#else

/// The taps of a window's row that lie together: all where nothing is left out between them.
INLINE int64_t joined_taps(const ck_windows *d) {
  return d->dilation_width == 1 && d->groups == 1 ? d->kernel_width : 1;
}

static void wide_convolve(const ck_windows *d, const E *x, const E *weights, E *y) {
  const int64_t in = d->in / d->groups, out = d->out / d->groups, row = d->padded_width * d->in;
  const int64_t joined = joined_taps(d), apart = d->kernel_width / joined;
  const tile_choice choice = choose_tile(d->out_width, out, MAX_TILE_VECTORS);
  walk w = {
    .depth = joined * in, .pieces = apart, .blocks = d->kernel_height, .a_column = 1,
    .a_piece = d->dilation_width * d->in, .a_block = d->dilation_height * row, .b_row = d->out,
    .b_piece = joined * in * d->out, .b_block = d->kernel_width * in * d->out, .c_row = d->out,
    .initial_row = d->out,
  };
  set_rows(&w, d->stride_width * d->in);
  for (int64_t n = 0; n < d->images; n++)
    for (int64_t i = 0; i < d->out_height; i++)
      for (int64_t g = 0; g < d->groups; g++) {
        E *c = y + (n * d->out_height + i) * d->out_width * d->out + g * out;
        run_tiles(
          &w, &choice, d->out_width, out, x + (n * d->padded_height + i * d->stride_height) * row + g * in,
          weights + g * out, d->initial == CK_ACCUMULATE ? c : NULL, c);
      }
}

#include "narrow_windows.h"

static void window_convolve(const ck_windows *d, const E *x, const E *weights, E *y, E *workspace) {
  if (terms_side_by_side(d) > 1) narrow_convolve(d, x, weights, y, workspace);
  else wide_convolve(d, x, weights, y);
}

static void window_weight_gradient(const ck_windows *d, const E *x, const E *dy, E *dw) {
  const int64_t in = d->in / d->groups, out = d->out / d->groups, row = d->padded_width * d->in;
  const int64_t joined = joined_taps(d), apart = d->kernel_width / joined;
  const int64_t dy_image = d->out_height * d->out_width * d->out;
  const int64_t block = larger(1, gradient_block / larger(1, dy_image));
  const tile_choice choice = choose_tile(joined * in, out, MAX_TILE_VECTORS);
  walk w = {
    .depth = d->out_width, .pieces = d->out_height, .a_column = d->stride_width * d->in,
    .a_piece = d->stride_height * row, .a_block = d->padded_height * row, .b_row = d->out,
    .b_piece = d->out_width * d->out, .b_block = dy_image, .c_row = d->out, .initial_row = d->out,
  };
  set_rows(&w, 1);
  int64_t n = 0;
  do {
    w.blocks = smaller(block, d->images - n);
    for (int64_t t = 0; t < d->kernel_height; t++)
      for (int64_t s = 0; s < apart; s++)
        for (int64_t g = 0; g < d->groups; g++) {
          E *to = dw + (t * d->kernel_width + s) * in * d->out + g * out;
          run_tiles(
            &w, &choice, joined * in, out,
            x + (n * d->padded_height + t * d->dilation_height) * row + s * d->dilation_width * d->in + g * in,
            dy + n * dy_image + g * out, n > 0 || d->initial == CK_ACCUMULATE ? to : NULL, to);
        }
    n += block;
  } while (n < d->images);
}

// One output channel a channel: lanes along the channels.

static void depthwise_convolve(const ck_windows *d, const E *x, const E *weights, E *y) {
  const int64_t channels = d->in, row = d->padded_width * channels;
  for (int64_t n = 0; n < d->images; n++)
    for (int64_t i = 0; i < d->out_height; i++)
      for (int64_t j = 0; j < d->out_width; j++, y += channels) {
        const E *corner =
          x + (n * d->padded_height + i * d->stride_height) * row + j * d->stride_width * channels;
        for (int64_t c = 0; c < channels; c += vector_length) {
          const Part part = part_of(smaller(vector_length, channels - c));
          V sum = splat(0);
          for (int64_t t = 0; t < d->kernel_height; t++)
            for (int64_t s = 0; s < d->kernel_width; s++)
              sum = fused(
                load_part(part, corner + t * d->dilation_height * row + s * d->dilation_width * channels + c),
                load_part(part, weights + (t * d->kernel_width + s) * channels + c), sum);
          if (d->initial == CK_ACCUMULATE) sum = load_part(part, y + c) + sum;
          store_part(part, y + c, sum);
        }
      }
}

static void depthwise_weight_gradient(const ck_windows *d, const E *x, const E *dy, E *dw) {
  const int64_t channels = d->in, row = d->padded_width * channels;
  for (int64_t t = 0; t < d->kernel_height; t++)
    for (int64_t s = 0; s < d->kernel_width; s++, dw += channels)
      for (int64_t c = 0; c < channels; c += vector_length) {
        const Part part = part_of(smaller(vector_length, channels - c));
        V sum = splat(0);
        for (int64_t n = 0; n < d->images; n++)
          for (int64_t i = 0; i < d->out_height; i++) {
            const E *from = x + (n * d->padded_height + i * d->stride_height + t * d->dilation_height) * row
              + s * d->dilation_width * channels + c;
            const E *at = dy + (n * d->out_height + i) * d->out_width * channels + c;
            V of_row = splat(0);
            for (int64_t j = 0; j < d->out_width; j++)
              of_row = fused(
                load_part(part, from + j * d->stride_width * channels), load_part(part, at + j * channels),
                of_row);
            sum += of_row;
          }
        if (d->initial == CK_ACCUMULATE) sum = load_part(part, dw + c) + sum;
        store_part(part, dw + c, sum);
      }
}

// Pooling: a window's place says which of its pixels is meant, row by row; what lies beyond the image does not count.

/// Runs `statement` for each pixel of a window that lies in the image: its place, and its first channel `pixel`.
#define EACH_PIXEL(d, n, i, j, statement)                                                          \
  for (int64_t t = 0; t < (d)->kernel_height; t++) {                                               \
    const int64_t y_at = (i) * (d)->stride_height - (d)->top + t * (d)->dilation_height;           \
    if (y_at < 0 || y_at >= (d)->height) continue;                                                 \
    for (int64_t s = 0; s < (d)->kernel_width; s++) {                                              \
      const int64_t x_at = (j) * (d)->stride_width - (d)->left + s * (d)->dilation_width;          \
      if (x_at < 0 || x_at >= (d)->width) continue;                                                \
      const int64_t place = t * (d)->kernel_width + s;                                             \
      const int64_t pixel = (((n) * (d)->height + y_at) * (d)->width + x_at) * (d)->channels;      \
      statement;                                                                                   \
    }                                                                                              \
  }
#define EACH_OUTPUT(d)                                                                             \
  for (int64_t n = 0, at = 0; n < (d)->images; n++)                                                \
    for (int64_t i = 0; i < (d)->out_height; i++)                                                  \
      for (int64_t j = 0; j < (d)->out_width; j++, at += (d)->channels)                            \
        for (int64_t c = 0; c < (d)->channels; c += vector_length)

static void window_index(const ck_window_pooling *d, const E *x, E *index) {
  EACH_OUTPUT(d) {
    const Part part = part_of(smaller(vector_length, d->channels - c));
    V best = splat(0), which = splat(-1);
    EACH_PIXEL(d, n, i, j, {
      const V value = load_part(part, x + pixel + c);
      const VWhole wins = wins_over(value, best) | (which == splat(-1));
      best = choose(wins, value, best);
      which = choose(wins, splat((E)place), which);
    })
    store_part(part, index + at + c, which);
  }
}

static void window_gather(const ck_window_pooling *d, const E *x, const E *index, E *y) {
  EACH_OUTPUT(d) {
    const Part part = part_of(smaller(vector_length, d->channels - c));
    const V which = load_part(part, index + at + c);
    V value = splat(0);
    EACH_PIXEL(d, n, i, j, value = choose(which == splat((E)place), load_part(part, x + pixel + c), value))
    store_part(part, y + at + c, value);
  }
}

static void window_scatter(const ck_window_pooling *d, const E *dy, const E *index, E *dx) {
  memset(dx, 0, (size_t)(d->images * d->height * d->width * d->channels) * sizeof(E));
  EACH_OUTPUT(d) {
    const Part part = part_of(smaller(vector_length, d->channels - c));
    const V which = load_part(part, index + at + c), value = load_part(part, dy + at + c);
    EACH_PIXEL(d, n, i, j, {
      const V before = load_part(part, dx + pixel + c);
      store_part(part, dx + pixel + c, before + choose(which == splat((E)place), value, splat(0)));
    })
  }
}

PLANNED(plan_window_convolve, ck_windows, return narrow_weights(d))
CALLED(window_convolve, ck_windows, window_convolve(d, AT(a), AT(b), AT(result), workspace))
CALLED(window_weight_gradient, ck_windows, window_weight_gradient(d, AT(a), AT(b), AT(result)))
CALLED(depthwise_convolve, ck_windows, depthwise_convolve(d, AT(a), AT(b), AT(result)))
CALLED(depthwise_weight_gradient, ck_windows, depthwise_weight_gradient(d, AT(a), AT(b), AT(result)))
CALLED(window_index, ck_window_pooling, window_index(d, AT(x), AT(result)))
CALLED(window_gather, ck_window_pooling, window_gather(d, AT(x), AT(index), AT(result)))
CALLED(window_scatter, ck_window_pooling, window_scatter(d, AT(x), AT(index), AT(result)))

#endif
