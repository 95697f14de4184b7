// 3x3 convolutions of stride 1 with fewer multiplications: Winograd's F(4x4, 3x3), as in Lavin and
// Gray, "Fast algorithms for convolutional neural networks" (2016). A tile of 4x4 output pixels
// needs 6x6 input pixels d and 3x3 weights g:
//
//   y = A' [(G g G') * (B' d B)] A,
//
// where * is element by element: 36 products of matrices (tiles x channels) instead of the 144 that
// the taps would take. Along an axis whose length is not a multiple of 4, the last tile may be one
// of 2, which takes part at 4 of the 6 points. Weights, inputs and outputs are transformed by
// additions; the gradients are the exact adjoints.
#ifndef CK_DESCRIPTORS

#include "winograd_transforms.h"

enum { winograd_elements = CK_DOUBLE_ELEMENT ? 65536 : 138240 };

/// The tiles of one size along an axis.
typedef struct {
  int64_t start, count;
  int size;
} band;

/// An axis is cut into tiles of 4, of which the last may reach one pixel beyond the end, and where
/// more than that would be idle, one of 2.
INLINE band wide_band(int64_t length) { return (band){0, (length + 1) / 4, 4}; }
INLINE band narrow_band(int64_t length) {
  const int64_t wide = (length + 1) / 4;
  return (band){4 * wide, 4 * wide < length, 2};
}

/// The tiles of one size of all images, and how many are worked on at once: what they are
/// transformed to stays in the second cache.
typedef struct {
  int64_t height, width, total, at_once;
  band rows, columns;
  bool is_far;
} tiling;

/// Batches that do not stay in the second cache are fetched some tiles ahead: the rows of a tile are too short for the
/// processor to follow.
enum { far_elements = CK_DOUBLE_ELEMENT ? 131072 : 262144, tiles_ahead = 2 };

INLINE tiling tiling_of(const ck_convolution *c, const int height, const int width) {
  tiling t = {
    .height = c->height, .width = c->width,
    .rows = height == 4 ? wide_band(c->height) : narrow_band(c->height),
    .columns = width == 4 ? wide_band(c->width) : narrow_band(c->width),
  };
  t.total = c->images * t.rows.count * t.columns.count;
  const int64_t elements = points_of(height) * points_of(width) * (c->in + c->out);
  const int64_t most = larger(1, winograd_elements / elements);
  t.at_once = larger(1, pieces_of(t.total, larger(1, pieces_of(t.total, most))));
  t.is_far = c->images * c->height * c->width * larger(c->in, c->out) >= far_elements;
  return t;
}

static int64_t winograd_workspace(const ck_convolution *c) {
  int64_t most = 0;
  for (int height = 2; height <= 4; height += 2)
    for (int width = 2; width <= 4; width += 2) {
      const int64_t tiles = tiling_of(c, height, width).at_once;
      most = larger(most, tiles * points_of(height) * points_of(width));
    }
  return pieces_of(larger(c->in, c->out), lanes) * lanes + most * (c->in + c->out);
}

/// Where the pixels of tile k lie: of a rectangle around it that begins `border` pixels before it.
/// Those outside the image are `zeros`.
INLINE void pixels_of(
  const tiling *t, const int height, const int width, const int border, int64_t k,
  int64_t channels, const E *x, const E *zeros, const E **p) {
  const int64_t image = t->rows.count * t->columns.count, n = k / image, at = k % image;
  const int64_t top = t->rows.start + at / t->columns.count * t->rows.size - border;
  const int64_t left = t->columns.start + at % t->columns.count * t->columns.size - border;
  for (int i = 0; i < height; i++)
    for (int j = 0; j < width; j++) {
      const int64_t row = top + i, column = left + j;
      const bool inside = row >= 0 && row < t->height && column >= 0 && column < t->width;
      p[i * width + j] =
        inside ? x + ((n * t->height + row) * t->width + column) * channels : zeros;
    }
}

/// Fetches the rectangle of tile k, moved by `border` pixels: what earlier tiles did not need.
INLINE void fetch_ahead(
  const tiling *t, const int height, const int width, const int border, int64_t k, int64_t channels, const E *x) {
  if (!t->is_far || k >= t->total) return;
  const int64_t image = t->rows.count * t->columns.count, n = k / image, at = k % image;
  const int64_t top = t->rows.start + at / t->columns.count * t->rows.size + border;
  const int64_t left = t->columns.start + at % t->columns.count * t->columns.size + border;
  for (int64_t row = top; row < smaller(top + height, t->height); row++) {
    const E *from = x + ((n * t->height + row) * t->width + left) * channels;
    for (int64_t e = 0; e < width * channels; e += 64 / sizeof(E)) __builtin_prefetch(from + e, 0, 2);
  }
}

/// Code for each size of tile, chosen where it is run: written out once, whoever transforms.
#define OF_TILE_SIZE(name, height, width, ...)                                                     \
  ((height) == 4 ? (width) == 4 ? name(4, 4, __VA_ARGS__) : name(4, 2, __VA_ARGS__)                \
                 : (width) == 4 ? name(2, 4, __VA_ARGS__) : name(2, 2, __VA_ARGS__))

INLINE void input_tiles_of(
  const int height, const int width, const tiling *t, int64_t channels, const E *x,
  const E *zeros, int64_t first, int64_t count, E *v) {
  const int n = points_of(height) * points_of(width);
  for (int64_t k = 0; k < count; k++) {
    const E *p[frequencies];
    pixels_of(t, points_of(height), points_of(width), 1, first + k, channels, x, zeros, p);
    fetch_ahead(t, height, width, 1, first + k + tiles_ahead, channels, x);
    for (int64_t e = 0; e < channels; e += vector_length) {
      const Part part = part_of(smaller(vector_length, channels - e));
      V d[frequencies];
      UNROLL for (int f = 0; f < n; f++) d[f] = load_part(part, p[f] + e);
      input(height, width, d, d);
      UNROLL for (int f = 0; f < n; f++)
        store_part(part, v + (f * count + k) * channels + e, d[f]);
    }
  }
}

/// Tiles first ..< first + count of the inputs: v[frequency][tile][channel].
static void input_tiles(
  int height, int width, const tiling *t, int64_t channels, const E *x, const E *zeros,
  int64_t first, int64_t count, E *v) {
  OF_TILE_SIZE(input_tiles_of, height, width, t, channels, x, zeros, first, count, v);
}

INLINE void output_gradient_tiles_of(
  const int height, const int width, const tiling *t, int64_t channels, const E *dy,
  const E *zeros, int64_t first, int64_t count, E *v) {
  const int n = points_of(height) * points_of(width);
  for (int64_t k = 0; k < count; k++) {
    const E *p[frequencies];
    pixels_of(t, height, width, 0, first + k, channels, dy, zeros, p);
    fetch_ahead(t, height, width, 0, first + k + tiles_ahead, channels, dy);
    for (int64_t e = 0; e < channels; e += vector_length) {
      const Part part = part_of(smaller(vector_length, channels - e));
      V y[frequencies], d[frequencies];
      UNROLL for (int f = 0; f < height * width; f++) y[f] = load_part(part, p[f] + e);
      output_gradient(height, width, y, d);
      UNROLL for (int f = 0; f < n; f++)
        store_part(part, v + (f * count + k) * channels + e, d[f]);
    }
  }
}

static void output_gradient_tiles(
  int height, int width, const tiling *t, int64_t channels, const E *dy, const E *zeros,
  int64_t first, int64_t count, E *v) {
  OF_TILE_SIZE(output_gradient_tiles_of, height, width, t, channels, dy, zeros, first, count, v);
}

INLINE void output_tiles_of(
  const int height, const int width, const tiling *t, int64_t channels, const E *v,
  bool accumulates, int64_t first, int64_t count, E *y) {
  const int n = points_of(height) * points_of(width);
  for (int64_t k = 0; k < count; k++) {
    const E *p[frequencies];
    pixels_of(t, height, width, 0, first + k, channels, y, NULL, p);
    fetch_ahead(t, height, width, 0, first + k + tiles_ahead, channels, y);
    for (int64_t e = 0; e < channels; e += vector_length) {
      const Part part = part_of(smaller(vector_length, channels - e));
      V d[frequencies], sum[frequencies];
      UNROLL for (int f = 0; f < n; f++)
        d[f] = load_part(part, v + (f * count + k) * channels + e);
      output(height, width, d, sum);
      UNROLL for (int f = 0; f < height * width; f++) {
        if (!p[f]) continue;
        E *to = (E *)p[f] + e;
        store_part(part, to, accumulates ? load_part(part, to) + sum[f] : sum[f]);
      }
    }
  }
}

static void output_tiles(
  int height, int width, const tiling *t, int64_t channels, const E *v, bool accumulates,
  int64_t first, int64_t count, E *y) {
  OF_TILE_SIZE(output_tiles_of, height, width, t, channels, v, accumulates, first, count, y);
}

/// Where the weights of a tile's frequency f lie among those of all.
INLINE int64_t frequency_of(int height, int width, int f) {
  const int columns = points_of(width);
  return point_of(height, f / columns) * points + point_of(width, f % columns);
}

/// The outputs in tiles of one size.
static void convolve_tiles(
  int height, int width, const ck_convolution *c, const E *x, const E *u, E *y,
  E *workspace) {
  const tiling t = tiling_of(c, height, width);
  const int n = points_of(height) * points_of(width);
  E *zeros = workspace, *v = zeros + pieces_of(larger(c->in, c->out), lanes) * lanes;
  E *sums = v + t.at_once * n * c->in;
  walk w = {
    .depth = c->in, .pieces = 1, .blocks = 1, .a_column = 1, .b_row = c->out, .c_row = c->out,
  };
  set_rows(&w, c->in);
  for (int64_t first = 0; first < t.total; first += t.at_once) {
    const int64_t count = smaller(t.at_once, t.total - first);
    const tile_choice choice = choose_tile(count, c->out, MAX_TILE_VECTORS);
    input_tiles(height, width, &t, c->in, x, zeros, first, count, v);
    for (int f = 0; f < n; f++)
      run_tiles(
        &w, &choice, count, c->out, v + f * count * c->in,
        u + frequency_of(height, width, f) * c->in * c->out, NULL, sums + f * count * c->out);
    output_tiles(height, width, &t, c->out, sums, c->initial == CK_ACCUMULATE, first, count, y);
  }
}

/// y (+)= convolution of x with the weights whose transform u is.
static void winograd_convolve(
  const ck_convolution *c, const void *x, const void *u, void *y, void *workspace) {
  memset(workspace, 0, (size_t)larger(c->in, c->out) * sizeof(E));
  convolve_tiles(4, 4, c, x, u, y, workspace);
  convolve_tiles(4, 2, c, x, u, y, workspace);
  convolve_tiles(2, 4, c, x, u, y, workspace);
  convolve_tiles(2, 2, c, x, u, y, workspace);
}

/// du += adjoint of `convolve_tiles` in u.
static void weight_gradient_tiles(
  int height, int width, const ck_convolution *c, const E *x, const E *dy, E *du,
  bool is_fresh, E *workspace) {
  const tiling t = tiling_of(c, height, width);
  const int n = points_of(height) * points_of(width);
  E *zeros = workspace, *v = zeros + pieces_of(larger(c->in, c->out), lanes) * lanes;
  E *dv = v + t.at_once * n * c->in;
  const tile_choice choice = choose_tile(c->in, c->out, MAX_TILE_VECTORS);
  walk w = {
    .pieces = 1, .blocks = 1, .a_column = c->in, .b_row = c->out, .c_row = c->out,
    .initial_row = c->out,
  };
  set_rows(&w, 1);
  for (int64_t first = 0; first < t.total; first += t.at_once) {
    const int64_t count = smaller(t.at_once, t.total - first);
    w.depth = count;
    input_tiles(height, width, &t, c->in, x, zeros, first, count, v);
    output_gradient_tiles(height, width, &t, c->out, dy, zeros, first, count, dv);
    for (int f = 0; f < n; f++) {
      E *to = du + frequency_of(height, width, f) * c->in * c->out;
      run_tiles(
        &w, &choice, c->in, c->out, v + f * count * c->in, dv + f * count * c->out,
        is_fresh && first == 0 ? NULL : to, to);
    }
  }
}

/// du (+)= adjoint of `winograd_convolve` in u.
static void winograd_weight_gradient(
  const ck_convolution *c, const void *x, const void *dy, void *du, void *workspace) {
  memset(workspace, 0, (size_t)larger(c->in, c->out) * sizeof(E));
  // The first tiles of all frequencies may start from nothing.
  const bool has_wide = c->images > 0 && c->height > 2 && c->width > 2;
  const bool is_fresh = c->initial != CK_ACCUMULATE;
  if (is_fresh && !has_wide) memset(du, 0, (size_t)(frequencies * c->in * c->out) * sizeof(E));
  weight_gradient_tiles(4, 4, c, x, dy, du, is_fresh && has_wide, workspace);
  weight_gradient_tiles(4, 2, c, x, dy, du, false, workspace);
  weight_gradient_tiles(2, 4, c, x, dy, du, false, workspace);
  weight_gradient_tiles(2, 2, c, x, dy, du, false, workspace);
}

/// u = G w G': [3][3][in][out] to [36][in][out].
static void winograd_weights(const ck_convolution *c, const void *w_start, void *u_start) {
  const int64_t plane = c->in * c->out;
  const E *w = w_start;
  E *u = u_start;
  for (int64_t e = 0; e < plane; e += vector_length) {
    const Part part = part_of(smaller(vector_length, plane - e));
    V g[9], d[frequencies];
    UNROLL for (int f = 0; f < 9; f++) g[f] = load_part(part, w + f * plane + e);
    weight(g, d);
    UNROLL for (int f = 0; f < frequencies; f++) store_part(part, u + f * plane + e, d[f]);
  }
}

/// dw (+)= G' du G.
static void winograd_weights_adjoint(const ck_convolution *c, const void *du_start, void *dw_start) {
  const int64_t plane = c->in * c->out;
  const E *du = du_start;
  E *dw = dw_start;
  const bool accumulates = c->initial == CK_ACCUMULATE;
  for (int64_t e = 0; e < plane; e += vector_length) {
    const Part part = part_of(smaller(vector_length, plane - e));
    V g[9], d[frequencies];
    UNROLL for (int f = 0; f < frequencies; f++) d[f] = load_part(part, du + f * plane + e);
    weight_gradient(d, g);
    UNROLL for (int f = 0; f < 9; f++) {
      E *to = dw + f * plane + e;
      store_part(part, to, accumulates ? load_part(part, to) + g[f] : g[f]);
    }
  }
}

PLANNED(winograd_workspace, ck_convolution, return winograd_workspace(d))
CALLED(winograd_weights, ck_convolution, winograd_weights(d, AT(a), AT(result)))
CALLED(winograd_weights_adjoint, ck_convolution, winograd_weights_adjoint(d, AT(a), AT(result)))
CALLED(winograd_convolve, ck_convolution, winograd_convolve(d, AT(a), AT(b), AT(result), workspace))
CALLED(
  winograd_weight_gradient, ck_convolution,
  winograd_weight_gradient(d, AT(a), AT(b), AT(result), workspace))

#endif
