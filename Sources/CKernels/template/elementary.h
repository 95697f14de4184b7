// Elementary functions of vectors. All sets of instructions run the same operations, so give the
// same bits where a multiply-add is fused. Polynomials are Taylor series, cut where the next term
// is below a tenth of a unit in the last place (ulp). Largest errors found over dense sweeps, in
// ulp, float and double alike: exp 1.0, log 0.8, tanh 2.5, sigmoid 2.3, softplus 1.6 (KernelTests
// bounds them).

#if CK_DOUBLE_ELEMENT
enum { mantissa_bits = 52, exponent_bias = 1023 };
// ln 2 in two parts (of fdlibm), the first short enough for exact products with exponents.
static const E ln2_high = 6.93147180369123816490e-01, ln2_low = 1.90821492927058770002e-10;
static const E exp_lowest = -746, exp_highest = 710;
#else
enum { mantissa_bits = 23, exponent_bias = 127 };
// ln 2 in two parts (of Cephes), the first short enough for exact products with exponents.
static const E ln2_high = 0.693359375f, ln2_low = -2.12194440e-4f;
static const E exp_lowest = -105, exp_highest = 89;
#endif

/// Adding it leaves a whole number in the low bits of a mantissa.
static const E rounder = (E)1.5 * ((Bits)1 << mantissa_bits);

/// 2^n for a whole n that has been added to `rounder`, within the range of normal numbers.
INLINE V power_of_two(V n_rounder) {
  return of_bits((bits_of(n_rounder) + (Bits)exponent_bias) << mantissa_bits);
}

/// x = n ln 2 + r with |r| <= ln 2 / 2; returns exp(r) - 1.
INLINE V exp_reduced_minus_1(V x, V *n) {
  *n = fused(x, splat((E)1.44269504088896340736), splat(rounder)) - splat(rounder);
  V r = fused(*n, splat(-ln2_high), x);
  r = fused(*n, splat(-ln2_low), r);
#if CK_DOUBLE_ELEMENT
  V q = splat(1.0 / 6227020800.0);
  q = fused(q, r, splat(1.0 / 479001600.0));
  q = fused(q, r, splat(1.0 / 39916800.0));
  q = fused(q, r, splat(1.0 / 3628800.0));
  q = fused(q, r, splat(1.0 / 362880.0));
  q = fused(q, r, splat(1.0 / 40320.0));
  q = fused(q, r, splat(1.0 / 5040.0));
#else
  V q = splat(1.0f / 5040.0f);
#endif
  q = fused(q, r, splat((E)(1.0 / 720.0)));
  q = fused(q, r, splat((E)(1.0 / 120.0)));
  q = fused(q, r, splat((E)(1.0 / 24.0)));
  q = fused(q, r, splat((E)(1.0 / 6.0)));
  q = fused(q, r, splat((E)0.5));
  return fused(q, r * r, r);
}

/// Scaled in two steps, so that results below the normal numbers are rounded once and large ones
/// overflow.
INLINE V exponential(V x) {
  x = choose(x < splat(exp_lowest), splat(exp_lowest), x);
  x = choose(x > splat(exp_highest), splat(exp_highest), x);
  V n;
  const V p = exp_reduced_minus_1(x, &n) + splat(1);
  const V half = n * splat((E)0.5) + splat(rounder);
  const V rest = (n - (half - splat(rounder))) + splat(rounder);
  return p * power_of_two(half) * power_of_two(rest);
}

/// log(1 + f) + n ln 2 for 1 + f within [0.7, 1.42]: with s = f / (2 + f) and the series of 2
/// artanh(s), arranged as in fdlibm, so that f itself, exact, is the leading term.
INLINE V log_reduced(V f, V n) {
  const V s = f / (splat(2) + f), t = s * s;
#if CK_DOUBLE_ELEMENT
  V q = splat(2.0 / 21.0);
  q = fused(q, t, splat(2.0 / 19.0));
  q = fused(q, t, splat(2.0 / 17.0));
  q = fused(q, t, splat(2.0 / 15.0));
  q = fused(q, t, splat(2.0 / 13.0));
  q = fused(q, t, splat(2.0 / 11.0));
#else
  V q = splat(2.0f / 11.0f);
#endif
  q = fused(q, t, splat((E)(2.0 / 9.0)));
  q = fused(q, t, splat((E)(2.0 / 7.0)));
  q = fused(q, t, splat((E)(2.0 / 5.0)));
  q = fused(q, t, splat((E)(2.0 / 3.0)));
  const V square = splat((E)0.5) * f * f;
  const V small = fused(s, fused(q, t, square), n * splat(ln2_low));
  return n * splat(ln2_high) - ((square - small) - f);
}

INLINE V logarithm(V x) {
#if CK_DOUBLE_ELEMENT
  const V least_normal = splat(0x1p-1022), lift = splat(0x1p54);
  const E lifted = 54;
#else
  const V least_normal = splat(0x1p-126f), lift = splat(0x1p25f);
  const E lifted = 25;
#endif
  const VWhole below = x < least_normal;
  const V y = choose(below, x * lift, x);
  // Exponent and mantissa, cut at the square root of a half.
  const Bits mantissa = ((Bits)1 << mantissa_bits) - 1;
  const Bits root = bits_of(splat((E)0.70710678118654752440))[0];
  const VBits shifted = bits_of(y) - (VBits)root;
  const V m = of_bits((shifted & (VBits)mantissa) + (VBits)root);
  // The shifted exponent as a number, through the mantissa of a power of two; biased, to be
  // positive.
  const E two = (E)((Bits)1 << mantissa_bits);
  const VBits biased = (shifted + (VBits)((Bits)exponent_bias << mantissa_bits)) >> mantissa_bits;
  V n = of_bits(biased | bits_of(splat(two))) - splat(two + (E)exponent_bias);
  n = choose(below, n - splat(lifted), n);
  V r = log_reduced(m - splat(1), n);
  const E infinity = (E)__builtin_inf();
  r = choose(x == splat(infinity), x, r);
  r = choose(x == splat(0), splat(-infinity), r);
  r = choose(x < splat(0), splat((E)__builtin_nan("")), r);
  return choose(x != x, x, r);
}

/// log(1 + u) for 0 <= u <= 1: a half of 1 + u is subtracted exactly.
INLINE V log_one_plus(V u) {
  const VWhole large = u > splat((E)0.41421356237309504880);
  return log_reduced(
    choose(large, splat((E)0.5) * (u - splat(1)), u), choose(large, splat(1), splat(0)));
}

/// -e / (2 + e) with e = exp(-2 |x|) - 1, which is exactly -1 from where tanh is 1.
INLINE V hyperbolic_tangent(V x) {
  const V lowest = splat(-60);
  V y = splat(-2) * absolute(x), n;
  y = choose(y < lowest, lowest, y);
  const V p = exp_reduced_minus_1(y, &n);
  const V power = power_of_two(n + splat(rounder));
  const V e = fused(power, p, power - splat(1));
  const V t = absolute(e / (splat(2) + e));
  return of_bits(bits_of(t) | (bits_of(x) & (VBits)((Bits)1 << (sizeof(E) * 8 - 1))));
}

INLINE V sigmoid(V x) {
  const V t = exponential(-absolute(x));
  return choose(x < splat(0), t, splat(1)) / (splat(1) + t);
}

INLINE V softplus(V x) {
  return choose(x > splat(0), x, splat(0)) + log_one_plus(exponential(-absolute(x)));
}
