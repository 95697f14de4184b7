// Direct 3x3 convolutions, padding 1, in the register tile: no copy of the image is made but the padded one. Rows of a tile
// are pixels of an image row (or weights, in the weights' gradient), its vectors the channels of a pixel.

INLINE int64_t out_height(const ck_convolution *c) { return (c->height + c->stride - 1) / c->stride; }
INLINE int64_t out_width(const ck_convolution *c) { return (c->width + c->stride - 1) / c->stride; }

/// Runs a walk over `count` rows and `columns` columns of C in register tiles.
INLINE void cover(
  walk *w, tile_choice t, int64_t count, int64_t columns, const E *a, const E *b, bool accumulates, E *c) {
  const int64_t panel = t.vectors * vector_length;
  for (int64_t j = 0; j < columns; j += panel) {
    const int64_t width = smaller(panel, columns - j), vectors = pieces_of(width, vector_length);
    w->tail = width - (vectors - 1) * vector_length;
    const tile_function *of_rows = tiles[kind_of_last(w->tail, false)][vectors - 1];
    for (int64_t i = 0; i < count; i += t.rows) {
      const int64_t here = smaller(t.rows, count - i);
      E *to = c + i * w->c_row + j;
      of_rows[here - 1](w, a + i * w->a_row, b + j, accumulates ? to : NULL, to);
    }
  }
}

/// Convolves one padded image, `in` to `out` channels. Rows of taps that lie wholly in the padding are left out.
static void convolve_image(
  int64_t height, int64_t width, int64_t in, int64_t out, int64_t stride, bool accumulates, const E *x,
  const E *weights, E *y) {
  const int64_t rows = (height + stride - 1) / stride, columns = (width + stride - 1) / stride;
  const int64_t padded_row = (width + 2) * in;
  const tile_choice choice = choose_tile(columns, out);
  walk w = {
    .depth = 3 * in, .blocks = 1, .a_row = stride * in, .a_column = 1, .a_piece = padded_row, .b_row = out,
    .b_piece = 3 * in * out, .c_row = out, .initial_row = out,
  };
  for (int64_t i = 0; i < rows; i++) {
    const int64_t first = i == 0, last = i * stride + 2 == height + 1 ? 2 : 3;
    w.pieces = last - first;
    cover(
      &w, choice, columns, out, x + (i * stride + first) * padded_row, weights + first * w.b_piece, accumulates,
      y + i * columns * out);
  }
}

static void convolve(const ck_convolution *c, const void *padded_x, const void *weights, void *y) {
  const int64_t in_image = (c->height + 2) * (c->width + 2) * c->in;
  const int64_t out_image = out_height(c) * out_width(c) * c->out;
  for (int64_t n = 0; n < c->images; n++)
    convolve_image(
      c->height, c->width, c->in, c->out, c->stride, c->initial == CK_ACCUMULATE,
      (const E *)padded_x + n * in_image, weights, (E *)y + n * out_image);
}

/// The taps along one axis that reach an input pixel of a parity, in the order in which output pixels follow
/// each other: an even pixel is the middle of one window, an odd one the end of one and the start of the next.
static const int64_t taps[2][2] = {{1, 1}, {2, 0}};
/// Where the classes of parities start among the flipped weights.
static const int64_t first_of_class[2][2] = {{0, 1}, {3, 5}};

static void flip_weights(const ck_convolution *c, const void *weights, void *flipped) {
  const int64_t in = c->in, out = c->out, size = in * out;
  const E *w = weights;
  E *to = flipped;
  if (c->stride == 1) {
    for (int64_t t = 0; t < 9; t++) transpose_elements(in, out, w + t * size, out, to + (8 - t) * size, in);
    return;
  }
  for (int py = 0; py < 2; py++)
    for (int px = 0; px < 2; px++)
      for (int a = 0; a <= py; a++)
        for (int b = 0; b <= px; b++, to += size)
          transpose_elements(in, out, w + (taps[py][a] * 3 + taps[px][b]) * size, out, to, in);
}

/// Stride 2: input pixels fall into four classes by the parities of their row and column, each a small dense
/// convolution of the output's gradient.
static void input_gradient_of_stride_2(
  const ck_convolution *c, bool accumulates, const E *dy, const E *flipped, E *dx) {
  const int64_t in = c->in, out = c->out, rows = out_height(c), padded_row = (out_width(c) + 1) * out;
  walk w = {
    .blocks = 1, .a_row = out, .a_column = 1, .a_piece = padded_row, .b_row = in, .c_row = 2 * in,
    .initial_row = 2 * in,
  };
  for (int64_t y = 0; y < c->height; y++) {
    const int64_t py = y & 1, i = y >> 1;
    for (int64_t px = 0; px < 2; px++) {
      const int64_t count = (c->width - px + 1) / 2;
      w.depth = (1 + px) * out;
      w.b_piece = w.depth * in;
      w.pieces = py && i + 1 < rows ? 2 : 1;
      cover(
        &w, choose_tile(count, in), count, in, dy + i * padded_row,
        flipped + first_of_class[py][px] * in * out, accumulates,
        dx + (y * c->width + px) * in);
    }
  }
}

static void convolve_input_gradient(
  const ck_convolution *c, const void *padded_dy, const void *flipped, void *dx) {
  const int64_t rows = out_height(c), columns = out_width(c), in_image = c->height * c->width * c->in;
  const bool accumulates = c->initial == CK_ACCUMULATE;
  const int64_t border = c->stride == 1 ? 2 : 1;
  const int64_t out_image = (rows + border) * (columns + border) * c->out;
  for (int64_t n = 0; n < c->images; n++) {
    const E *dy = (const E *)padded_dy + n * out_image;
    E *to = (E *)dx + n * in_image;
    if (c->stride == 1)
      convolve_image(rows, columns, c->out, c->in, 1, accumulates, dy, flipped, to);
    else
      input_gradient_of_stride_2(c, accumulates, dy, flipped, to);
  }
}

/// Images whose inputs and gradients stay in the second cache while all weights are run through.
enum { images_at_once_elements = 262144 / sizeof(E) };

static void convolve_weight_gradient(
  const ck_convolution *c, const void *padded_x, const void *dy, void *dw) {
  const int64_t in = c->in, out = c->out, rows = out_height(c), columns = out_width(c);
  const int64_t padded_row = (c->width + 2) * in, in_image = (c->height + 2) * padded_row;
  const int64_t out_image = rows * columns * out;
  const int64_t group = larger(1, images_at_once_elements / (in_image + out_image));
  const tile_choice choice = choose_tile(3 * in, out);
  walk w = {
    .depth = columns, .a_row = 1, .a_column = c->stride * in, .a_piece = c->stride * padded_row,
    .a_block = in_image, .b_row = out, .b_piece = columns * out, .b_block = out_image, .c_row = out,
    .initial_row = out,
  };
  for (int64_t n = 0; n < c->images; n += group) {
    w.blocks = smaller(group, c->images - n);
    for (int64_t t = 0; t < 3; t++) {
      // Output rows whose row t of taps lies in the padding add nothing.
      const int64_t first = t == 0, last = (rows - 1) * c->stride + t == c->height + 1 ? rows - 1 : rows;
      w.pieces = larger(0, last - first);
      cover(
        &w, choice, 3 * in, out,
        (const E *)padded_x + n * in_image + (first * c->stride + t) * padded_row,
        (const E *)dy + n * out_image + first * columns * out, c->initial == CK_ACCUMULATE || n > 0,
        (E *)dw + t * 3 * in * out);
    }
  }
}
