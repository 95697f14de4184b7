// The transforms of Winograd's convolution with 3x3 weights, on vectors of channels. Along one axis
// it is a product of polynomials, which is evaluated at points, multiplied there, and interpolated:
//
//   y = A' [(G g) * (B' d)].
//
// A tile of 4 outputs needs 6 points: 0, p, -p, q, -q and infinity, with p = 2/3 and q = 1/p, whose
// rounding errors are less than half those of the usual 1 and 2. One of 2 outputs, at the end of an
// axis, needs 4, and takes 0, p, -p and infinity: the weights at a point are the same for both.
//
// Each function is one line, of an image or of weights: it reads vectors x_step apart and writes
// vectors y_step apart. Tiles have `size` outputs.

enum { points = 6, frequencies = points * points };

#define POINT ((E)(2.0 / 3.0))
#define INVERSE ((E)1.5)
/// 1 / (q^2 - p^2): what interpolation divides by.
#define SPACING ((E)(36.0 / 65.0))

INLINE int points_of(const int size) { return size + 2; }

/// Which of the points the i-th of a tile is.
INLINE int point_of(const int size, const int i) { return size == 2 && i == 3 ? 5 : i; }

INLINE V times(E x, V a) { return splat(x) * a; }
INLINE V plus_times(V a, E x, V b) { return fused(splat(x), b, a); }

#define X(i) x[(i) * x_step]
#define Y(i) y[(i) * y_step]

/// Pixels to points: B'.
INLINE void input_line(const int size, const V *x, const int x_step, V *y, const int y_step) {
  const E p = POINT, q = INVERSE;
  if (size == 2) {
    const V odd = times(p, X(1));
    Y(0) = plus_times(X(2), -p * p, X(0)), Y(3) = plus_times(X(3), -p * p, X(1));
    Y(1) = X(2) + odd, Y(2) = X(2) - odd;
    return;
  }
  const V even_p = plus_times(X(4), -q * q, X(2)), odd_p = plus_times(times(p, X(3)), -q, X(1));
  const V even_q = plus_times(X(4), -p * p, X(2)), odd_q = plus_times(times(q, X(3)), -p, X(1));
  Y(0) = plus_times(X(0) + X(4), -(p * p + q * q), X(2));
  Y(5) = plus_times(X(1) + X(5), -(p * p + q * q), X(3));
  Y(1) = even_p + odd_p, Y(2) = even_p - odd_p, Y(3) = even_q + odd_q, Y(4) = even_q - odd_q;
}

/// Points to outputs: A'.
INLINE void output_line(const int size, const V *x, const int x_step, V *y, const int y_step) {
  const E p = POINT, q = INVERSE, s = SPACING;
  const V even_p = X(1) + X(2), odd_p = X(1) - X(2);
  if (size == 2) {
    Y(0) = plus_times(times(q, even_p), -q * q, X(0)), Y(1) = odd_p + X(3);
    return;
  }
  const V even_q = X(3) + X(4), odd_q = X(3) - X(4);
  Y(0) = plus_times(plus_times(X(0), -q * s, even_p), p * s, even_q);
  Y(1) = times(s, odd_q - odd_p);
  Y(2) = plus_times(times(-p * s, even_p), q * s, even_q);
  Y(3) = plus_times(plus_times(X(5), -p * p * s, odd_p), q * q * s, odd_q);
}

/// The adjoint of `output_line`: A.
INLINE void output_gradient_line(
  const int size, const V *x, const int x_step, V *y, const int y_step) {
  const E p = POINT, q = INVERSE, s = SPACING;
  if (size == 2) {
    const V even = times(q, X(0));
    Y(0) = times(-q * q, X(0)), Y(1) = even + X(1), Y(2) = even - X(1), Y(3) = X(1);
    return;
  }
  const V even_p = plus_times(times(-q * s, X(0)), -p * s, X(2));
  const V even_q = plus_times(times(p * s, X(0)), q * s, X(2));
  const V odd_p = plus_times(times(-s, X(1)), -p * p * s, X(3));
  const V odd_q = plus_times(times(s, X(1)), q * q * s, X(3));
  Y(0) = X(0), Y(5) = X(3);
  Y(1) = even_p + odd_p, Y(2) = even_p - odd_p, Y(3) = even_q + odd_q, Y(4) = even_q - odd_q;
}

/// 3 weights to all points: G.
INLINE void weight_line(const V *x, const int x_step, V *y, const int y_step) {
  const E p = POINT / 2, q = INVERSE / 2;
  const V odd = times((E)0.5, X(1));
  const V even_p = plus_times(times(q, X(0)), p, X(2)), even_q = plus_times(times(p, X(0)), q, X(2));
  Y(0) = X(0), Y(5) = X(2);
  Y(1) = even_p + odd, Y(2) = even_p - odd, Y(3) = even_q + odd, Y(4) = even_q - odd;
}

/// The adjoint of `weight_line`: G'.
INLINE void weight_gradient_line(const V *x, const int x_step, V *y, const int y_step) {
  const E p = POINT / 2, q = INVERSE / 2;
  const V even_p = X(1) + X(2), odd_p = X(1) - X(2), even_q = X(3) + X(4), odd_q = X(3) - X(4);
  Y(0) = plus_times(plus_times(X(0), q, even_p), p, even_q);
  Y(1) = times((E)0.5, odd_p + odd_q);
  Y(2) = plus_times(plus_times(X(5), p, even_p), q, even_q);
}

#undef X
#undef Y

// Both axes: down the columns, then along the rows. Tiles of `height` x `width` outputs.

#define TILE_TRANSFORM(name, from, to)                                                             \
  INLINE void name(const int height, const int width, const V *x, V *y) {                          \
    const int columns = from(width), rows = to(height), out_columns = to(width);                   \
    V half_way[frequencies];                                                                       \
    UNROLL for (int j = 0; j < columns; j++)                                                       \
      name##_line(height, x + j, columns, half_way + j, columns);                                  \
    UNROLL for (int i = 0; i < rows; i++)                                                          \
      name##_line(width, half_way + i * columns, 1, y + i * out_columns, 1);                       \
  }
#define outputs_of(size) (size)
TILE_TRANSFORM(input, points_of, points_of)
TILE_TRANSFORM(output, points_of, outputs_of)
TILE_TRANSFORM(output_gradient, outputs_of, points_of)

INLINE void weight(const V g[9], V u[frequencies]) {
  V half_way[3 * points];
  UNROLL for (int j = 0; j < 3; j++) weight_line(g + j, 3, half_way + j, 3);
  UNROLL for (int i = 0; i < points; i++) weight_line(half_way + 3 * i, 1, u + points * i, 1);
}

INLINE void weight_gradient(const V u[frequencies], V g[9]) {
  V half_way[3 * points];
  UNROLL for (int j = 0; j < points; j++) weight_gradient_line(u + j, points, half_way + j, points);
  UNROLL for (int i = 0; i < 3; i++) weight_gradient_line(half_way + points * i, 1, g + 3 * i, 1);
}
