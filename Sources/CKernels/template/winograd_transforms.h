// The transforms of Winograd's F(m x m, 3x3), m = 2 or 4, on vectors of channels. A convolution of
// one axis with three weights is a product of polynomials, which is evaluated at m + 1 points and
// at infinity, multiplied there, and interpolated: y = A' [(G g) * (B' d)].
//
// m = 2 has the points 0, 1, -1; m = 4 has 0, p, -p, q, -q with p = 2/3 and q = 1/p, whose rounding
// errors are less than half those of the usual 1 and 2. As q = 1/p, weights in reverse order are
// the same sums at other points: `winograd_flip` is a matter of order alone.
//
// Each function is one line, of an image or of weights: it reads vectors x_step apart and writes
// vectors y_step apart.

enum { most_points = 6 };

#define POINT ((E)(2.0 / 3.0))
#define INVERSE ((E)1.5)
/// 1 / (q^2 - p^2): what interpolation divides by.
#define SPACING ((E)(36.0 / 65.0))

/// The points of F(m x m, 3x3) along one axis, infinity included.
INLINE int points_of(const int m) { return m + 2; }

INLINE V times(E x, V a) { return splat(x) * a; }
INLINE V plus_times(V a, E x, V b) { return fused(splat(x), b, a); }

/// m + 2 pixels to m + 2 points: B'.
INLINE void input_line(const int m, const V *x, const int x_step, V *y, const int y_step) {
#define X(i) x[(i) * x_step]
#define Y(i) y[(i) * y_step]
  if (m == 2) {
    Y(0) = X(0) - X(2), Y(1) = X(1) + X(2), Y(2) = X(2) - X(1), Y(3) = X(1) - X(3);
    return;
  }
  const E p = POINT, q = INVERSE;
  const V even_p = plus_times(X(4), -q * q, X(2)), odd_p = plus_times(times(p, X(3)), -q, X(1));
  const V even_q = plus_times(X(4), -p * p, X(2)), odd_q = plus_times(times(q, X(3)), -p, X(1));
  Y(0) = plus_times(X(0) + X(4), -(p * p + q * q), X(2));
  Y(1) = even_p + odd_p, Y(2) = even_p - odd_p, Y(3) = even_q + odd_q, Y(4) = even_q - odd_q;
  Y(5) = plus_times(X(1) + X(5), -(p * p + q * q), X(3));
}

/// m + 2 points to m pixels: A'.
INLINE void output_line(const int m, const V *x, const int x_step, V *y, const int y_step) {
  if (m == 2) {
    Y(0) = (X(0) + X(1)) + X(2), Y(1) = (X(1) - X(2)) - X(3);
    return;
  }
  const E p = POINT, q = INVERSE, s = SPACING;
  const V even_p = X(1) + X(2), odd_p = X(1) - X(2), even_q = X(3) + X(4), odd_q = X(3) - X(4);
  Y(0) = plus_times(plus_times(X(0), -q * s, even_p), p * s, even_q);
  Y(1) = times(s, odd_q - odd_p);
  Y(2) = plus_times(times(-p * s, even_p), q * s, even_q);
  Y(3) = plus_times(plus_times(X(5), -p * p * s, odd_p), q * q * s, odd_q);
}

/// The adjoint of `output_line`, m pixels to m + 2 points: A.
INLINE void output_gradient_line(
  const int m, const V *x, const int x_step, V *y, const int y_step) {
  if (m == 2) {
    Y(0) = X(0), Y(1) = X(0) + X(1), Y(2) = X(0) - X(1), Y(3) = -X(1);
    return;
  }
  const E p = POINT, q = INVERSE, s = SPACING;
  const V even_p = plus_times(times(-q * s, X(0)), -p * s, X(2));
  const V even_q = plus_times(times(p * s, X(0)), q * s, X(2));
  const V odd_p = plus_times(times(-s, X(1)), -p * p * s, X(3));
  const V odd_q = plus_times(times(s, X(1)), q * q * s, X(3));
  Y(0) = X(0);
  Y(1) = even_p + odd_p, Y(2) = even_p - odd_p, Y(3) = even_q + odd_q, Y(4) = even_q - odd_q;
  Y(5) = X(3);
}

/// 3 weights to m + 2 points: G.
INLINE void weight_line(const int m, const V *x, const int x_step, V *y, const int y_step) {
  const V half = times((E)0.5, X(1));
  if (m == 2) {
    const V ends = times((E)0.5, X(0) + X(2));
    Y(0) = X(0), Y(1) = ends + half, Y(2) = ends - half, Y(3) = X(2);
    return;
  }
  const E p = POINT / 2, q = INVERSE / 2;
  const V ends_p = plus_times(times(q, X(0)), p, X(2)), ends_q = plus_times(times(p, X(0)), q, X(2));
  Y(0) = X(0);
  Y(1) = ends_p + half, Y(2) = ends_p - half, Y(3) = ends_q + half, Y(4) = ends_q - half;
  Y(5) = X(2);
}

/// The adjoint of `weight_line`, m + 2 points to 3 weights: G'.
INLINE void weight_gradient_line(
  const int m, const V *x, const int x_step, V *y, const int y_step) {
  const V even_p = X(1) + X(2), odd_p = X(1) - X(2);
  if (m == 2) {
    const V half = times((E)0.5, even_p);
    Y(0) = X(0) + half, Y(1) = times((E)0.5, odd_p), Y(2) = half + X(3);
    return;
  }
  const E p = POINT / 2, q = INVERSE / 2;
  const V even_q = X(3) + X(4), odd_q = X(3) - X(4);
  Y(0) = plus_times(plus_times(X(0), q, even_p), p, even_q);
  Y(1) = times((E)0.5, odd_p + odd_q);
  Y(2) = plus_times(plus_times(X(5), p, even_p), q, even_q);
#undef X
#undef Y
}

/// A transform of a square of `from` x `from` vectors to one of `to` x `to`: down its columns, then
/// along its rows.
#define SQUARE(name)                                                                               \
  INLINE void name##_square(const int m, const int from, const int to, const V *x, V *y) {         \
    V half_way[most_points * most_points];                                                         \
    UNROLL for (int j = 0; j < from; j++) name##_line(m, x + j, from, half_way + j, from);         \
    UNROLL for (int i = 0; i < to; i++) name##_line(m, half_way + i * from, 1, y + i * to, 1);     \
  }
SQUARE(input)
SQUARE(output)
SQUARE(output_gradient)
SQUARE(weight)
SQUARE(weight_gradient)
