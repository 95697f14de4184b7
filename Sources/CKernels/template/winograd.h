// 3x3 convolutions of stride 1 with fewer multiplications: Winograd's F(m x m, 3x3), as in Lavin and
// Gray, "Fast algorithms for convolutional neural networks" (2016). A tile of m x m output pixels
// needs (m + 2) x (m + 2) input pixels d and 3x3 weights g:
//
//   y = A' [(G g G') * (B' d B)] A,
//
// where * is element by element: products of matrices (tiles x channels), 16 instead of the 36 that
// the taps would take where m = 2, and 36 instead of 144 where m = 4. Weights, inputs and outputs
// are transformed by additions; the gradients are the exact adjoints.
#include "winograd_transforms.h"

enum { winograd_elements = CK_DOUBLE_ELEMENT ? 32768 : 98304 };

/// The sizes of a tile, which tiles of an image there are, and how many are worked on at once: what
/// they are transformed to stays in the second cache.
typedef struct {
  int64_t height, width, rows, columns, total, at_once, frequencies;
} tiling;

INLINE int64_t frequencies_of(const ck_convolution *c) { return (c->tile + 2) * (c->tile + 2); }

INLINE tiling tiling_of(const ck_convolution *c) {
  tiling t = {
    .height = c->height, .width = c->width, .rows = pieces_of(c->height, c->tile),
    .columns = pieces_of(c->width, c->tile), .frequencies = frequencies_of(c),
  };
  t.total = c->images * t.rows * t.columns;
  const int64_t most = larger(1, winograd_elements / (t.frequencies * (c->in + c->out)));
  t.at_once = larger(1, pieces_of(t.total, larger(1, pieces_of(t.total, most))));
  return t;
}

static int64_t winograd_workspace(const ck_convolution *c) {
  const int64_t zeros = pieces_of(larger(c->in, c->out), lanes) * lanes;
  const tiling t = tiling_of(c);
  return zeros + t.at_once * t.frequencies * (c->in + c->out);
}

/// The pixels of a square of `size` from (top, left) of image n; those outside are `zeros`.
INLINE void pixels_of(
  const tiling *t, const int size, int64_t n, int64_t top, int64_t left, int64_t channels,
  const E *x, const E *zeros, const E **p) {
  for (int i = 0; i < size; i++)
    for (int j = 0; j < size; j++) {
      const int64_t row = top + i, column = left + j;
      const bool inside = row >= 0 && row < t->height && column >= 0 && column < t->width;
      p[i * size + j] =
        inside ? x + ((n * t->height + row) * t->width + column) * channels : zeros;
    }
}

/// Tiles first ..< first + count of the inputs: v[frequency][tile][channel].
INLINE void input_tiles(
  const int m, const tiling *t, int64_t channels, const E *x, const E *zeros, int64_t first,
  int64_t count, E *v) {
  const int n = points_of(m);
  const int64_t image = t->rows * t->columns, plane = count * channels;
  for (int64_t k = 0; k < count; k++) {
    const int64_t at = (first + k) % image;
    const E *p[most_points * most_points];
    pixels_of(
      t, n, (first + k) / image, at / t->columns * m - 1, at % t->columns * m - 1, channels, x,
      zeros, p);
    for (int64_t e = 0; e < channels; e += vector_length) {
      const Part part = part_of(smaller(vector_length, channels - e));
      V d[most_points * most_points];
      UNROLL for (int f = 0; f < n * n; f++) d[f] = load_part(part, p[f] + e);
      input_square(m, n, n, d, d);
      UNROLL for (int f = 0; f < n * n; f++)
        store_part(part, v + f * plane + k * channels + e, d[f]);
    }
  }
}

INLINE void output_gradient_tiles(
  const int m, const tiling *t, int64_t channels, const E *dy, const E *zeros, int64_t first,
  int64_t count, E *v) {
  const int n = points_of(m);
  const int64_t image = t->rows * t->columns, plane = count * channels;
  for (int64_t k = 0; k < count; k++) {
    const int64_t at = (first + k) % image;
    const E *p[most_points * most_points];
    pixels_of(
      t, m, (first + k) / image, at / t->columns * m, at % t->columns * m, channels, dy, zeros, p);
    for (int64_t e = 0; e < channels; e += vector_length) {
      const Part part = part_of(smaller(vector_length, channels - e));
      V y[most_points * most_points], d[most_points * most_points];
      UNROLL for (int f = 0; f < m * m; f++) y[f] = load_part(part, p[f] + e);
      output_gradient_square(m, m, n, y, d);
      UNROLL for (int f = 0; f < n * n; f++)
        store_part(part, v + f * plane + k * channels + e, d[f]);
    }
  }
}

INLINE void output_tiles(
  const int m, const tiling *t, int64_t channels, const E *v, bool accumulates, int64_t first,
  int64_t count, E *y) {
  const int n = points_of(m);
  const int64_t image = t->rows * t->columns, plane = count * channels;
  for (int64_t k = 0; k < count; k++) {
    const int64_t at = (first + k) % image;
    const E *p[most_points * most_points];
    pixels_of(
      t, m, (first + k) / image, at / t->columns * m, at % t->columns * m, channels, y, NULL, p);
    for (int64_t e = 0; e < channels; e += vector_length) {
      const Part part = part_of(smaller(vector_length, channels - e));
      V d[most_points * most_points], sum[most_points * most_points];
      UNROLL for (int f = 0; f < n * n; f++)
        d[f] = load_part(part, v + f * plane + k * channels + e);
      output_square(m, n, m, d, sum);
      UNROLL for (int f = 0; f < m * m; f++) {
        if (!p[f]) continue;
        E *to = (E *)p[f] + e;
        store_part(part, to, accumulates ? load_part(part, to) + sum[f] : sum[f]);
      }
    }
  }
}

/// y (+)= convolution of x with the weights whose transform u is.
INLINE void convolve_tiles(
  const int m, const ck_convolution *c, const E *x, const E *u, E *y, E *workspace) {
  const tiling t = tiling_of(c);
  E *zeros = workspace, *v = zeros + pieces_of(larger(c->in, c->out), lanes) * lanes;
  E *sums = v + t.at_once * t.frequencies * c->in;
  memset(zeros, 0, (size_t)c->in * sizeof(E));
  walk w = {
    .depth = c->in, .pieces = 1, .blocks = 1, .a_column = 1, .b_row = c->out, .c_row = c->out,
  };
  set_rows(&w, c->in);
  for (int64_t first = 0; first < t.total; first += t.at_once) {
    const int64_t count = smaller(t.at_once, t.total - first);
    const tile_choice choice = choose_tile(count, c->out, MAX_TILE_VECTORS);
    input_tiles(m, &t, c->in, x, zeros, first, count, v);
    for (int64_t f = 0; f < t.frequencies; f++)
      run_tiles(
        &w, &choice, count, c->out, v + f * count * c->in, u + f * c->in * c->out, NULL,
        sums + f * count * c->out);
    output_tiles(m, &t, c->out, sums, c->initial == CK_ACCUMULATE, first, count, y);
  }
}

/// du (+)= adjoint of `convolve_tiles` in u.
INLINE void weight_gradient_tiles(
  const int m, const ck_convolution *c, const E *x, const E *dy, E *du, E *workspace) {
  const tiling t = tiling_of(c);
  E *zeros = workspace, *v = zeros + pieces_of(larger(c->in, c->out), lanes) * lanes;
  E *dv = v + t.at_once * t.frequencies * c->in;
  memset(zeros, 0, (size_t)larger(c->in, c->out) * sizeof(E));
  const tile_choice choice = choose_tile(c->in, c->out, MAX_TILE_VECTORS);
  walk w = {
    .pieces = 1, .blocks = 1, .a_column = c->in, .b_row = c->out, .c_row = c->out,
    .initial_row = c->out,
  };
  set_rows(&w, 1);
  int64_t first = 0;
  do {
    const int64_t count = smaller(t.at_once, t.total - first);
    w.depth = count;
    input_tiles(m, &t, c->in, x, zeros, first, count, v);
    output_gradient_tiles(m, &t, c->out, dy, zeros, first, count, dv);
    for (int64_t f = 0; f < t.frequencies; f++) {
      E *to = du + f * c->in * c->out;
      const bool is_fresh = first == 0 && c->initial != CK_ACCUMULATE;
      run_tiles(
        &w, &choice, c->in, c->out, v + f * count * c->in, dv + f * count * c->out,
        is_fresh ? NULL : to, to);
    }
    first += t.at_once;
  } while (first < t.total);
}

/// u = G w G': [3][3][in][out] to [frequencies][in][out].
INLINE void weight_tiles(const int m, const ck_convolution *c, const E *w, E *u) {
  const int n = points_of(m);
  const int64_t plane = c->in * c->out;
  for (int64_t e = 0; e < plane; e += vector_length) {
    const Part part = part_of(smaller(vector_length, plane - e));
    V g[9], d[most_points * most_points];
    UNROLL for (int f = 0; f < 9; f++) g[f] = load_part(part, w + f * plane + e);
    weight_square(m, 3, n, g, d);
    UNROLL for (int f = 0; f < n * n; f++) store_part(part, u + f * plane + e, d[f]);
  }
}

/// dw (+)= G' du G.
INLINE void weight_adjoint_tiles(const int m, const ck_convolution *c, const E *du, E *dw) {
  const int n = points_of(m);
  const int64_t plane = c->in * c->out;
  const bool accumulates = c->initial == CK_ACCUMULATE;
  for (int64_t e = 0; e < plane; e += vector_length) {
    const Part part = part_of(smaller(vector_length, plane - e));
    V g[9], d[most_points * most_points];
    UNROLL for (int f = 0; f < n * n; f++) d[f] = load_part(part, du + f * plane + e);
    weight_gradient_square(m, n, 3, d, g);
    UNROLL for (int f = 0; f < 9; f++) {
      E *to = dw + f * plane + e;
      store_part(part, to, accumulates ? load_part(part, to) + g[f] : g[f]);
    }
  }
}

static void winograd_convolve(
  const ck_convolution *c, const void *x, const void *u, void *y, void *workspace) {
  if (c->tile == 4) convolve_tiles(4, c, x, u, y, workspace);
  else convolve_tiles(2, c, x, u, y, workspace);
}

static void winograd_weight_gradient(
  const ck_convolution *c, const void *x, const void *dy, void *du, void *workspace) {
  if (c->tile == 4) weight_gradient_tiles(4, c, x, dy, du, workspace);
  else weight_gradient_tiles(2, c, x, dy, du, workspace);
}

static void winograd_weights(const ck_convolution *c, const void *w, void *u) {
  if (c->tile == 4) weight_tiles(4, c, w, u);
  else weight_tiles(2, c, w, u);
}

static void winograd_weights_adjoint(const ck_convolution *c, const void *du, void *dw) {
  if (c->tile == 4) weight_adjoint_tiles(4, c, du, dw);
  else weight_adjoint_tiles(2, c, du, dw);
}

/// The transform of the weights of the adjoint in the input, [frequencies][out][in]: in and out are
/// swapped, and both image axes are reversed, which takes each point to its inverse.
static void winograd_flip(const ck_convolution *c, const void *u, void *flipped) {
  static const int inverse_2[4] = {3, 1, 2, 0}, inverse_4[6] = {5, 3, 4, 1, 2, 0};
  const int *inverse = c->tile == 4 ? inverse_4 : inverse_2, n = points_of((int)c->tile);
  const int64_t plane = c->in * c->out;
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++)
      transpose_elements(
        c->in, c->out, (const E *)u + (n * i + j) * plane, c->out,
        (E *)flipped + (n * inverse[i] + inverse[j]) * plane, c->in);
}
