// More functions of vectors, as those in `elementary.h`: the same operations for all sets of instructions. Series are
// Taylor's but for the complementary error function's. Largest errors found over dense sweeps, in units in the last
// place, float and double alike: see KernelTests.

/// The value at t of a polynomial with so many coefficients, the constant first.
INLINE V polynomial(const E *coefficients, const int count, V t) {
  V sum = splat(coefficients[count - 1]);
  UNROLL for (int i = count - 2; i >= 0; i--) sum = fused(sum, t, splat(coefficients[i]));
  return sum;
}

enum {
  sine_terms = CK_DOUBLE_ELEMENT ? 9 : 5,
  cosine_terms = CK_DOUBLE_ELEMENT ? 9 : 6,
  tangent_terms = CK_DOUBLE_ELEMENT ? 21 : 10,
  error_terms = CK_DOUBLE_ELEMENT ? 20 : 11,
  complement_terms = CK_DOUBLE_ELEMENT ? 17 : 8,
};

static const E sine_series[] = {
  1.0, -0.16666666666666666667, 0.0083333333333333333333, -0.0001984126984126984127,
  2.7557319223985890653e-6, -2.5052108385441718775e-8, 1.6059043836821614599e-10,
  -7.6471637318198164759e-13, 2.8114572543455207632e-15};
static const E cosine_series[] = {
  1.0, -0.5, 0.041666666666666666667, -0.0013888888888888888889, 0.000024801587301587301587,
  -2.7557319223985890653e-7, 2.0876756987868098979e-9, -1.1470745597729724714e-11,
  4.7794773323873852974e-14};
static const E tangent_series[] = {
  1.0, -0.33333333333333333333, 0.2, -0.14285714285714285714, 0.11111111111111111111,
  -0.090909090909090909091, 0.076923076923076923077, -0.066666666666666666667, 0.058823529411764705882,
  -0.052631578947368421053, 0.047619047619047619048, -0.043478260869565217391, 0.04,
  -0.037037037037037037037, 0.034482758620689655172, -0.032258064516129032258, 0.03030303030303030303,
  -0.028571428571428571429, 0.027027027027027027027, -0.025641025641025641026, 0.02439024390243902439};
static const E error_series[] = {
  1.1283791670955125739, -0.37612638903183752463, 0.11283791670955125739, -0.026866170645131251759,
  0.0052239776254421878421, -0.00085483270234508528325, 0.00012055332981789664251,
  -0.000014925650358406250977, 1.6462114365889247402e-6, -1.6365844691234924317e-7, 1.480719281587921724e-8,
  -1.2290555301717927353e-9, 9.4227590646504109706e-11, -6.7113668551641103779e-12,
  4.4632242632864773449e-13, -2.7835162072109213549e-14, 1.6342614095367151894e-15,
  -9.0639708428086724792e-17, 4.7633480405150681197e-18, -2.3784598852774294255e-19};
/// x exp(x^2) erfc(x) at x from 1 to 6 (float: 4.2), in t = (x - 2.5) / (x + 2.5): Chebyshev's interpolation.
static const E complement_series[] = {
#if CK_DOUBLE_ELEMENT
  0.52701591015285895121, 0.12468998543328447279, -0.17536886639552547037, 0.14133148570103787714,
  -0.071444797557092138775, 0.018377297216157953123, 0.0017871293914202390489, -0.0026289968557140978826,
  0.00013174271009443515433, 0.00038049999867488527072, -0.000027148608774189268351,
  -0.000066060137505873514973, -6.3985257561257865809e-7, 0.000012447317290017670859,
  2.1718625164861165747e-6, -1.9774645296559799863e-6, -8.1556106283914330835e-7
#else
  0.52701591006288959282, 0.12468998171381455236, -0.17536883029588083916, 0.1413318196028053008,
  -0.071446679551645745171, 0.018368303858706525035, 0.0018161029300000598836, -0.0025299084432772070462
#endif
};

// pi / 2 in parts, the first two short enough for exact products with the numbers of quarters allowed.
#if CK_DOUBLE_ELEMENT
static const E quarter_high = 1.57079632673412561417e+00, quarter_middle = 6.07710050630396597660e-11;
static const E quarter_low = 2.02226624879595063154e-21, quarter_rest = 0, most_reduced = 0x1p19;
#else
static const E quarter_high = 1.5703125f, quarter_middle = 4.837512969970703125e-4f;
static const E quarter_low = 7.549789948768648e-8f, quarter_rest = -1.71512449944288e-15f, most_reduced = 0x1p13f;
#endif

/// The sine (or, a quarter further, the cosine) of x = n pi / 2 + r, |r| <= pi / 4.
INLINE V sine_after(V x, const int quarters) {
  const V shifted = fused(x, splat((E)0.636619772367581343076), splat(rounder));
  const V n = shifted - splat(rounder);
  V r = fused(n, splat(-quarter_high), x);
  r = fused(n, splat(-quarter_middle), r);
  r = fused(n, splat(-quarter_low), r);
  r = fused(n, splat(-quarter_rest), r);
  const V t = r * r;
  const V sine = r * polynomial(sine_series, sine_terms, t);
  const V cosine = polynomial(cosine_series, cosine_terms, t);
  const VBits quarter = bits_of(shifted) + (Bits)quarters;
  const V value = choose((VWhole)((quarter & 1) != 0), cosine, sine);
  return of_bits(bits_of(value) ^ ((quarter & 2) << (sizeof(E) * 8 - 2)));
}

INLINE bool is_within(V x, E bound) {
  const V size = absolute(x);
  for (int i = 0; i < vector_length; i++)
    if (!(size[i] <= bound)) return false;
  return true;
}

/// Lanes that the reduction does not reach, by the mathematics library; infinities have no sine.
#define FAR_LANES(name, function)                                                                  \
  static V name(V x, V y) {                                                                        \
    for (int i = 0; i < vector_length; i++) {                                                      \
      if (x[i] <= most_reduced && x[i] >= -most_reduced) continue;                                 \
      y[i] = x[i] - x[i] == 0 ? (E)function((double)x[i]) : x[i] - x[i];                           \
    }                                                                                              \
    return y;                                                                                      \
  }
FAR_LANES(with_far_sines, sin)
FAR_LANES(with_far_cosines, cos)

INLINE V sine(V x) {
  const V y = choose(x == splat(0), x, sine_after(x, 0));
  return is_within(x, most_reduced) ? y : with_far_sines(x, y);
}

INLINE V cosine(V x) {
  const V y = sine_after(x, 1);
  return is_within(x, most_reduced) ? y : with_far_cosines(x, y);
}

/// Of sizes above 1 from the reciprocal, of those above tan(pi / 8) from (t - 1) / (t + 1).
INLINE V arctangent(V x) {
  const V size = absolute(x);
  const VWhole above = size > splat(1);
  const V t = choose(above, splat(1) / size, size);
  const VWhole large = t > splat((E)0.41421356237309504880);
  const V u = choose(large, (t - splat(1)) / (t + splat(1)), t);
  V y = u * polynomial(tangent_series, tangent_terms, u * u);
  y = choose(large, y + splat((E)0.78539816339744830962), y);
  y = choose(above, splat((E)1.57079632679489661923) - y, y);
  return of_bits(bits_of(y) | (bits_of(x) & (VBits)((Bits)1 << (sizeof(E) * 8 - 1))));
}

/// log(1 + x), by how much the logarithm of 1 + x, rounded, is off.
INLINE V logarithm_of_one_plus(V x) {
  const V u = splat(1) + x, rest = u - splat(1);
  const V y = logarithm(u) * (x / rest);
  return choose(rest == splat(0), x, choose(u == splat((E)__builtin_inf()), u, y));
}

INLINE V exponential_minus_one(V x) {
  const V lowest = splat(-60), highest = splat(60);
  V y = choose(x < lowest, lowest, x), n;
  y = choose(y > highest, highest, y);
  const V p = exp_reduced_minus_1(y, &n);
  const V power = power_of_two(n + splat(rounder));
  return choose(x > highest, exponential(x) - splat(1), choose(x == splat(0), x, fused(power, p, power - splat(1))));
}

INLINE V error_function(V x) {
  const V size = absolute(x), bound = splat(CK_DOUBLE_ELEMENT ? (E)6 : (E)4.2);
  const V far = choose(size > bound, bound, choose(size < splat(1), splat(1), size));
  const V t = (far - splat((E)2.5)) / (far + splat((E)2.5));
  const V rest = polynomial(complement_series, complement_terms, t) / far * exponential(-(far * far));
  const V near = x * polynomial(error_series, error_terms, choose(size < splat(1), x * x, splat(0)));
  V y = splat(1) - choose(size > bound, splat(0), rest);
  y = of_bits(bits_of(y) | (bits_of(x) & (VBits)((Bits)1 << (sizeof(E) * 8 - 1))));
  return choose(size < splat(1), near, choose(x != x, x, y));
}

/// a^x for a number x that is not whole: not a number where a is below 0.
INLINE V raised(V a, V x) {
  const V y = exponential(x * logarithm(a));
  return choose(x == splat(0), splat(1), y);
}

/// The nearest whole number, of two the even one.
INLINE V rounded(V x) {
  const V size = absolute(x);
  const E least = (E)((Bits)1 << mantissa_bits);
  V y = (size + splat(least)) - splat(least);
  y = choose(size < splat(least), y, size);
  return of_bits(bits_of(y) | (bits_of(x) & (VBits)((Bits)1 << (sizeof(E) * 8 - 1))));
}
