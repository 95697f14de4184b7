// 3x3 convolutions of stride 1 with fewer multiplications: Winograd's F(2x2, 3x3), as in Lavin and
// Gray, "Fast algorithms for convolutional neural networks" (2016). A tile of 2x2 output pixels
// needs 4x4 input pixels d and 3x3 weights g:
//
//   y = A' [(G g G') * (B' d B)] A,
//
// where * is element by element: 16 products of matrices (tiles x channels) instead of the 36 that
// the taps would take. Weights, inputs and outputs are transformed by additions; the gradients are
// the exact adjoints.

enum { frequencies = 16, winograd_elements = CK_DOUBLE_ELEMENT ? 32768 : 98304 };

/// Which tiles of an image there are, and how many are worked on at once: what they are transformed
/// to stays in the second cache.
typedef struct {
  int64_t height, width, rows, columns, total, at_once;
} tiling;

INLINE tiling tiling_of(const ck_convolution *c) {
  tiling t = {c->height, c->width, pieces_of(c->height, 2), pieces_of(c->width, 2), 0, 0};
  t.total = c->images * t.rows * t.columns;
  const int64_t most = larger(1, winograd_elements / (frequencies * (c->in + c->out)));
  t.at_once = larger(1, pieces_of(t.total, larger(1, pieces_of(t.total, most))));
  return t;
}

static int64_t winograd_workspace(const ck_convolution *c) {
  const int64_t zeros = pieces_of(larger(c->in, c->out), lanes) * lanes;
  return zeros + tiling_of(c).at_once * frequencies * (c->in + c->out);
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

// Each transform of a vector of channels: once along the columns, once along the rows.

INLINE void transform_input(V d[16]) {
  UNROLL for (int j = 0; j < 4; j++) {
    const V a = d[j], b = d[4 + j], c = d[8 + j], e = d[12 + j];
    d[j] = a - c, d[4 + j] = b + c, d[8 + j] = c - b, d[12 + j] = b - e;
  }
  UNROLL for (int i = 0; i < 16; i += 4) {
    const V a = d[i], b = d[i + 1], c = d[i + 2], e = d[i + 3];
    d[i] = a - c, d[i + 1] = b + c, d[i + 2] = c - b, d[i + 3] = b - e;
  }
}

INLINE void transform_output(const V m[16], V y[4]) {
  V s[8];
  UNROLL for (int j = 0; j < 4; j++) {
    s[j] = (m[j] + m[4 + j]) + m[8 + j];
    s[4 + j] = (m[4 + j] - m[8 + j]) - m[12 + j];
  }
  UNROLL for (int i = 0; i < 2; i++) {
    y[2 * i] = (s[4 * i] + s[4 * i + 1]) + s[4 * i + 2];
    y[2 * i + 1] = (s[4 * i + 1] - s[4 * i + 2]) - s[4 * i + 3];
  }
}

INLINE void transform_output_gradient(const V y[4], V m[16]) {
  V s[8];
  UNROLL for (int j = 0; j < 2; j++) {
    s[j] = y[j], s[2 + j] = y[j] + y[2 + j], s[4 + j] = y[j] - y[2 + j], s[6 + j] = -y[2 + j];
  }
  UNROLL for (int i = 0; i < 4; i++) {
    const V a = s[2 * i], b = s[2 * i + 1];
    m[4 * i] = a, m[4 * i + 1] = a + b, m[4 * i + 2] = a - b, m[4 * i + 3] = -b;
  }
}

/// Tiles first ..< first + count of the inputs: v[frequency][tile][channel].
static void transform_inputs(
  const tiling *t, int64_t channels, const E *x, const E *zeros, int64_t first, int64_t count,
  E *v) {
  const int64_t image = t->rows * t->columns, plane = count * channels;
  for (int64_t k = 0; k < count; k++) {
    const int64_t n = (first + k) / image, at = (first + k) % image;
    const E *p[16];
    pixels_of(
      t, 4, n, at / t->columns * 2 - 1, at % t->columns * 2 - 1, channels, x, zeros, p);
    for (int64_t e = 0; e < channels; e += vector_length) {
      const Part part = part_of(smaller(vector_length, channels - e));
      V d[16];
      UNROLL for (int f = 0; f < 16; f++) d[f] = load_part(part, p[f] + e);
      transform_input(d);
      UNROLL for (int f = 0; f < 16; f++) store_part(part, v + f * plane + k * channels + e, d[f]);
    }
  }
}

static void transform_output_gradients(
  const tiling *t, int64_t channels, const E *dy, const E *zeros, int64_t first, int64_t count,
  E *m) {
  const int64_t image = t->rows * t->columns, plane = count * channels;
  for (int64_t k = 0; k < count; k++) {
    const int64_t n = (first + k) / image, at = (first + k) % image;
    const E *p[4];
    pixels_of(t, 2, n, at / t->columns * 2, at % t->columns * 2, channels, dy, zeros, p);
    for (int64_t e = 0; e < channels; e += vector_length) {
      const Part part = part_of(smaller(vector_length, channels - e));
      V y[4], d[16];
      UNROLL for (int f = 0; f < 4; f++) y[f] = load_part(part, p[f] + e);
      transform_output_gradient(y, d);
      UNROLL for (int f = 0; f < 16; f++) store_part(part, m + f * plane + k * channels + e, d[f]);
    }
  }
}

static void transform_outputs(
  const tiling *t, int64_t channels, const E *m, bool accumulates, int64_t first, int64_t count,
  E *y) {
  const int64_t image = t->rows * t->columns, plane = count * channels;
  for (int64_t k = 0; k < count; k++) {
    const int64_t n = (first + k) / image, at = (first + k) % image;
    const E *p[4];
    pixels_of(t, 2, n, at / t->columns * 2, at % t->columns * 2, channels, y, NULL, p);
    for (int64_t e = 0; e < channels; e += vector_length) {
      const Part part = part_of(smaller(vector_length, channels - e));
      V d[16], sum[4];
      UNROLL for (int f = 0; f < 16; f++)
        d[f] = load_part(part, m + f * plane + k * channels + e);
      transform_output(d, sum);
      for (int f = 0; f < 4; f++) {
        if (!p[f]) continue;
        E *to = (E *)p[f] + e;
        store_part(part, to, accumulates ? load_part(part, to) + sum[f] : sum[f]);
      }
    }
  }
}

/// y (+)= convolution of x with the weights whose transform u is.
static void winograd_convolve(
  const ck_convolution *c, const void *x, const void *u, void *y, void *workspace) {
  const tiling t = tiling_of(c);
  E *zeros = workspace, *v = zeros + pieces_of(larger(c->in, c->out), lanes) * lanes;
  E *m = v + t.at_once * frequencies * c->in;
  memset(zeros, 0, (size_t)c->in * sizeof(E));
  walk w = {
    .depth = c->in, .pieces = 1, .blocks = 1, .a_column = 1, .b_row = c->out, .c_row = c->out,
  };
  set_rows(&w, c->in);
  for (int64_t first = 0; first < t.total; first += t.at_once) {
    const int64_t count = smaller(t.at_once, t.total - first);
    const tile_choice choice = choose_tile(count, c->out, MAX_TILE_VECTORS);
    transform_inputs(&t, c->in, x, zeros, first, count, v);
    for (int64_t f = 0; f < frequencies; f++)
      run_tiles(
        &w, &choice, count, c->out, v + f * count * c->in, (const E *)u + f * c->in * c->out, NULL,
        m + f * count * c->out);
    transform_outputs(&t, c->out, m, c->initial == CK_ACCUMULATE, first, count, y);
  }
}

/// du (+)= adjoint of `winograd_convolve` in u.
static void winograd_weight_gradient(
  const ck_convolution *c, const void *x, const void *dy, void *du, void *workspace) {
  const tiling t = tiling_of(c);
  E *zeros = workspace, *v = zeros + pieces_of(larger(c->in, c->out), lanes) * lanes;
  E *m = v + t.at_once * frequencies * c->in;
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
    transform_inputs(&t, c->in, x, zeros, first, count, v);
    transform_output_gradients(&t, c->out, dy, zeros, first, count, m);
    for (int64_t f = 0; f < frequencies; f++) {
      E *to = (E *)du + f * c->in * c->out;
      const bool is_fresh = first == 0 && c->initial != CK_ACCUMULATE;
      run_tiles(
        &w, &choice, c->in, c->out, v + f * count * c->in, m + f * count * c->out,
        is_fresh ? NULL : to, to);
    }
    first += t.at_once;
  } while (first < t.total);
}

/// u = G w G': [3][3][in][out] to [16][in][out].
static void winograd_weights(const ck_convolution *c, const void *w_start, void *u_start) {
  const int64_t plane = c->in * c->out;
  const E *w = w_start;
  E *u = u_start;
  const V half = splat((E)0.5);
  for (int64_t e = 0; e < plane; e += vector_length) {
    const Part part = part_of(smaller(vector_length, plane - e));
    V g[9], s[12];
    UNROLL for (int f = 0; f < 9; f++) g[f] = load_part(part, w + f * plane + e);
    UNROLL for (int j = 0; j < 3; j++) {
      const V ends = g[j] + g[6 + j];
      s[j] = g[j], s[3 + j] = half * (ends + g[3 + j]);
      s[6 + j] = half * (ends - g[3 + j]), s[9 + j] = g[6 + j];
    }
    UNROLL for (int i = 0; i < 4; i++) {
      const V ends = s[3 * i] + s[3 * i + 2];
      E *to = u + 4 * i * plane + e;
      store_part(part, to, s[3 * i]);
      store_part(part, to + plane, half * (ends + s[3 * i + 1]));
      store_part(part, to + 2 * plane, half * (ends - s[3 * i + 1]));
      store_part(part, to + 3 * plane, s[3 * i + 2]);
    }
  }
}

/// dw (+)= G' du G.
static void winograd_weights_adjoint(const ck_convolution *c, const void *du_start, void *dw_start) {
  const int64_t plane = c->in * c->out;
  const E *du = du_start;
  E *dw = dw_start;
  const V half = splat((E)0.5);
  const bool accumulates = c->initial == CK_ACCUMULATE;
  for (int64_t e = 0; e < plane; e += vector_length) {
    const Part part = part_of(smaller(vector_length, plane - e));
    V d[16], s[12];
    UNROLL for (int f = 0; f < 16; f++) d[f] = load_part(part, du + f * plane + e);
    UNROLL for (int j = 0; j < 4; j++) {
      const V sum = half * (d[4 + j] + d[8 + j]);
      s[j] = d[j] + sum, s[4 + j] = half * (d[4 + j] - d[8 + j]), s[8 + j] = sum + d[12 + j];
    }
    UNROLL for (int i = 0; i < 3; i++) {
      const V sum = half * (s[4 * i + 1] + s[4 * i + 2]);
      const V g[3] = {
        s[4 * i] + sum, half * (s[4 * i + 1] - s[4 * i + 2]), sum + s[4 * i + 3],
      };
      UNROLL for (int j = 0; j < 3; j++) {
        E *to = dw + (3 * i + j) * plane + e;
        store_part(part, to, accumulates ? load_part(part, to) + g[j] : g[j]);
      }
    }
  }
}

/// The transform of the weights of the adjoint in the input: both image axes reversed, which
/// exchanges the outer two frequencies of each, and in and out swapped: [16][out][in].
static void winograd_flip(const ck_convolution *c, const void *u, void *flipped) {
  static const int reversed[4] = {3, 1, 2, 0};
  const int64_t plane = c->in * c->out;
  for (int i = 0; i < 4; i++)
    for (int j = 0; j < 4; j++)
      transpose_elements(
        c->in, c->out, (const E *)u + (4 * i + j) * plane, c->out,
        (E *)flipped + (4 * reversed[i] + reversed[j]) * plane, c->in);
}
