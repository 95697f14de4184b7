// 3x3 convolutions as products without a copied matrix: rows of a register tile are pixels of an
// image row (or, for the weights' gradient, input channels under the taps), whose operands lie at a
// constant distance; the taps of one image row are contiguous. Taps in a padding row add nothing
// and are left out.
#ifdef CK_DESCRIPTORS

/// A 3x3 convolution with padding 1 and stride 1 or 2: [images, height, width, in] to [images,
/// out_height, out_width, out], out_height = (height + stride - 1) / stride, likewise the width.
/// What the operands are says each kernel.
typedef struct {
  int64_t images, height, width, in, out, stride;
  int32_t initial;  ///< CK_ZERO or CK_ACCUMULATE
  int64_t a, b, c, result;  ///< places
} ck_convolution;

#else

/// Runs tiles over m rows and n columns of C.
static void run_tiles(
  walk *w, const tile_choice *choice, int64_t m, int64_t n, const E *a, const E *b,
  const E *initial, E *c) {
  for (int64_t j = 0; j < n;) {
    const panel q = panel_at(j, n, choice->vectors, false);
    w->tail = q.tail;
    for (int64_t i = 0; i < m; i += choice->rows)
      q.of_rows[smaller(choice->rows, m - i) - 1](
        w, a + i * w->a_row, b + j, initial ? initial + i * w->initial_row + j : NULL,
        c + i * w->c_row + j);
    j += q.width;
  }
}

static void convolve_elements(
  int64_t images, int64_t height, int64_t width, int64_t in, int64_t out, int64_t stride,
  bool accumulate, const E *padded_x, const E *weights, E *y) {
  const int64_t out_height = pieces_of(height, stride), out_width = pieces_of(width, stride);
  const int64_t row = (width + 2) * in, rows = height + 2, taps = 3 * in * out;
  const tile_choice choice = choose_tile(out_width, out, MAX_TILE_VECTORS);
  walk w = {
    .depth = 3 * in, .blocks = 1, .a_column = 1, .a_piece = row, .b_row = out,
    .b_piece = taps, .c_row = out, .initial_row = out,
  };
  set_rows(&w, stride * in);
  for (int64_t n = 0; n < images; n++)
    for (int64_t i = 0; i < out_height; i++) {
      const int64_t first = i == 0 ? 1 : 0, end = i * stride + 2 == rows - 1 ? 2 : 3;
      E *c = y + (n * out_height + i) * out_width * out;
      w.pieces = end - first;
      run_tiles(
        &w, &choice, out_width, out, padded_x + (n * rows + i * stride + first) * row,
        weights + first * taps, accumulate ? c : NULL, c);
    }
}

static void convolve(const ck_convolution *c, const void *padded_x, const void *w, void *y) {
  convolve_elements(
    c->images, c->height, c->width, c->in, c->out, c->stride, c->initial == CK_ACCUMULATE, padded_x,
    w, y);
}

// Stride 2: which taps (their rows or columns) an input pixel of even or odd coordinate has met, in
// order of the output pixels, which are those at half the coordinate and, for the second, one
// further.
static const int parity_tap_count[2] = {1, 2};
static const int parity_taps[2][2] = {{1, 1}, {2, 0}};
static const int parity_offset[2][2] = {{0, 1}, {3, 5}};  // taps of the classes before

static void flip_weights(const ck_convolution *c, const void *weights, void *flipped) {
  const int64_t in = c->in, out = c->out;
  const E *w = weights;
  E *f = flipped;
  if (c->stride == 1) {
    for (int64_t t = 8; t >= 0; t--, f += in * out)
      transpose_elements(in, out, w + t * in * out, out, f, in);
    return;
  }
  for (int py = 0; py < 2; py++)
    for (int px = 0; px < 2; px++)
      for (int r = 0; r < parity_tap_count[py]; r++)
        for (int q = 0; q < parity_tap_count[px]; q++, f += in * out) {
          const int64_t tap = parity_taps[py][r] * 3 + parity_taps[px][q];
          transpose_elements(in, out, w + tap * in * out, out, f, in);
        }
}

static void convolve_input_gradient(
  const ck_convolution *c, const void *padded_dy, const void *flipped, void *dx_start) {
  const int64_t in = c->in, out = c->out, height = c->height, width = c->width;
  const bool accumulate = c->initial == CK_ACCUMULATE;
  if (c->stride == 1) {
    convolve_elements(
      c->images, height, width, out, in, 1, accumulate, padded_dy, flipped, dx_start);
    return;
  }
  const int64_t out_height = pieces_of(height, 2), out_width = pieces_of(width, 2);
  const int64_t row = (out_width + 1) * out;
  walk w = {
    .blocks = 1, .a_column = 1, .a_piece = row, .b_row = in, .c_row = 2 * in,
    .initial_row = 2 * in,
  };
  set_rows(&w, out);
  const E *dy = padded_dy;
  const tile_choice choices[2] = {choose_tile((width + 1) / 2, in, MAX_TILE_VECTORS), choose_tile(width / 2, in, MAX_TILE_VECTORS)};
  for (int64_t n = 0; n < c->images; n++)
    for (int64_t y = 0; y < height; y++) {
      const int64_t py = y & 1, i = y / 2;
      for (int px = 0; px < 2 && px < width; px++) {
        const int64_t offset = parity_offset[py][px] * in * out;
        E *to = (E *)dx_start + ((n * height + y) * width + px) * in;
        w.depth = parity_tap_count[px] * out;
        w.b_piece = w.depth * in;
        w.pieces = py && i + 1 < out_height ? 2 : 1;
        run_tiles(
          &w, &choices[px], (width + 1 - px) / 2, in, dy + (n * (out_height + 1) + i) * row,
          (const E *)flipped + offset, accumulate ? to : NULL, to);
      }
    }
}

/// Elements of dy that are gone through between two visits of a tile of dw.
enum { gradient_block = CK_DOUBLE_ELEMENT ? 16384 : 32768 };

static void convolve_weight_gradient(
  const ck_convolution *c, const void *padded_x, const void *dy, void *dw) {
  const int64_t in = c->in, out = c->out, stride = c->stride;
  const int64_t out_height = pieces_of(c->height, stride), out_width = pieces_of(c->width, stride);
  const int64_t row = (c->width + 2) * in, rows = c->height + 2;
  const int64_t dy_image = out_height * out_width * out;
  const int64_t block = larger(1, gradient_block / larger(1, dy_image));
  const tile_choice choice = choose_tile(3 * in, out, MAX_TILE_VECTORS);
  walk w = {
    .depth = out_width, .a_column = stride * in, .a_piece = stride * row,
    .a_block = rows * row, .b_row = out, .b_piece = out_width * out, .b_block = dy_image,
    .c_row = out, .initial_row = out,
  };
  set_rows(&w, 1);
  int64_t n = 0;
  do {
    w.blocks = smaller(block, c->images - n);
    for (int64_t t = 0; t < 3; t++) {
      const int64_t first = t == 0 ? 1 : 0;
      const int64_t end = (out_height - 1) * stride + t == rows - 1 ? out_height - 1 : out_height;
      E *to = (E *)dw + t * 3 * in * out;
      w.pieces = larger(0, end - first);
      run_tiles(
        &w, &choice, 3 * in, out, (const E *)padded_x + (n * rows + t + first * stride) * row,
        (const E *)dy + (n * out_height + first) * out_width * out,
        n > 0 || c->initial == CK_ACCUMULATE ? to : NULL, to);
    }
    n += block;
  } while (n < c->images);
}

CALLED(convolve, ck_convolution, convolve(d, AT(a), AT(b), AT(result)))
CALLED(flip_weights, ck_convolution, flip_weights(d, AT(a), AT(result)))
CALLED(convolve_input_gradient, ck_convolution, convolve_input_gradient(d, AT(a), AT(b), AT(result)))
CALLED(convolve_weight_gradient, ck_convolution, convolve_weight_gradient(d, AT(a), AT(b), AT(result)))

#endif
