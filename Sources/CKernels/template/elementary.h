// Elementary functions of a block of lanes, without branches and without the mathematics library. The sequence of
// operations is the same on AVX-512 and AVX2.

INLINE Block magnitude(Block x) {
  return (Block)((BlockWhole)x & (BlockWhole)(Whole)(~(Bits)0 >> 1));
}

/// x where it is not negative or not a number, else 0.
INLINE Block rectified(Block x) { return choose(x <= (Block)0, (Block)0, x); }

#if !CK_DOUBLE_ELEMENT
#define LOG2_E 1.44269504088896341f
#define LN2_HIGH 0.693359375f
#define LN2_LOW -2.12194440e-4f
#define ROUNDER 12582912.0f  // 1.5 * 2^23: adding and subtracting it rounds to the nearest whole number
#define EXPONENT_BIAS 127
#define MANTISSA_BITS 23
#define EXP_HIGHEST 88.7228394f
#define EXP_LOWEST -103.972084f
#define SMALLEST_NORMAL 1.17549435e-38f
#else
#define LOG2_E 1.44269504088896340736
#define LN2_HIGH 6.93147180369123816490e-01
#define LN2_LOW 1.90821492927058770002e-10
#define ROUNDER 6755399441055744.0  // 1.5 * 2^52
#define EXPONENT_BIAS 1023
#define MANTISSA_BITS 52
#define EXP_HIGHEST 709.782712893383973096
#define EXP_LOWEST -745.133219101941108420
#define SMALLEST_NORMAL 2.2250738585072014e-308
#endif

INLINE Block two_to(BlockWhole n) { return (Block)((n + (BlockWhole)EXPONENT_BIAS) << MANTISSA_BITS); }

// e^x: x = n ln 2 + r with |r| <= ln 2 / 2, a polynomial in r (float: Cephes expf; double: Taylor to degree 13, whose
// remainder is below 5e-18), times 2^n in two factors so that subnormal results are right.
INLINE Block exponential(Block x) {
  const Block bounded = choose(
    x > (Block)EXP_HIGHEST, (Block)EXP_HIGHEST, choose(x < (Block)EXP_LOWEST, (Block)EXP_LOWEST, x));
  const Block n = fused_block(bounded, (Block)LOG2_E, (Block)ROUNDER) - (Block)ROUNDER;
  Block r = fused_block(n, (Block)-LN2_HIGH, bounded);
  r = fused_block(n, (Block)-LN2_LOW, r);
#if !CK_DOUBLE_ELEMENT
  Block p = (Block)1.9875691500e-4f;
  p = fused_block(p, r, (Block)1.3981999507e-3f);
  p = fused_block(p, r, (Block)8.3334519073e-3f);
  p = fused_block(p, r, (Block)4.1665795894e-2f);
  p = fused_block(p, r, (Block)1.6666665459e-1f);
  p = fused_block(p, r, (Block)5.0000001201e-1f);
#else
  Block p = (Block)(1.0 / 6227020800.0);
  p = fused_block(p, r, (Block)(1.0 / 479001600.0));
  p = fused_block(p, r, (Block)(1.0 / 39916800.0));
  p = fused_block(p, r, (Block)(1.0 / 3628800.0));
  p = fused_block(p, r, (Block)(1.0 / 362880.0));
  p = fused_block(p, r, (Block)(1.0 / 40320.0));
  p = fused_block(p, r, (Block)(1.0 / 5040.0));
  p = fused_block(p, r, (Block)(1.0 / 720.0));
  p = fused_block(p, r, (Block)(1.0 / 120.0));
  p = fused_block(p, r, (Block)(1.0 / 24.0));
  p = fused_block(p, r, (Block)(1.0 / 6.0));
  p = fused_block(p, r, (Block)0.5);
#endif
  p = fused_block(p, r * r, r) + (Block)1;
  const BlockWhole whole = __builtin_convertvector(n, BlockWhole);
  const BlockWhole half = whole >> 1;
  const Block result = p * two_to(half) * two_to(whole - half);
  const Block overflowed = choose(x > (Block)EXP_HIGHEST, (Block)__builtin_inf(), result);
  const Block underflowed = choose(x < (Block)EXP_LOWEST, (Block)0, overflowed);
  return choose(x != x, x, underflowed);
}

// log x: x = 2^k (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)); log(1 + f) = f - f^2/2 + s (f^2/2 + R(s^2)) with
// s = f / (2 + f) and fdlibm's minimax R.
INLINE Block logarithm(Block x) {
  const BlockWhole small = x < (Block)SMALLEST_NORMAL;
  const Block scaled = choose(small, x * two_to((BlockWhole)(MANTISSA_BITS + 2)), x);
  BlockWhole k = ((BlockWhole)scaled >> MANTISSA_BITS) - (BlockWhole)EXPONENT_BIAS;
#if !CK_DOUBLE_ELEMENT
  Block m = (Block)(((BlockWhole)scaled & (BlockWhole)0x007fffff) | (BlockWhole)0x3f800000);
  const BlockWhole large = m > (Block)1.41421356f;
#else
  Block m = (Block)(((BlockWhole)scaled & (BlockWhole)0x000fffffffffffff) | (BlockWhole)0x3ff0000000000000);
  const BlockWhole large = m > (Block)1.41421356237309504880;
#endif
  m = choose(large, m * (Block)0.5, m);
  k = k - large - (small & (BlockWhole)(MANTISSA_BITS + 2));
  const Block dk = __builtin_convertvector(k, Block);
  const Block f = m - (Block)1;
  const Block s = f / ((Block)2 + f);
  const Block z = s * s;
#if !CK_DOUBLE_ELEMENT
  Block r = (Block)0.24279078841f;
  r = fused_block(r, z, (Block)0.28498786688f);
  r = fused_block(r, z, (Block)0.40000972152f);
  r = fused_block(r, z, (Block)0.66666662693f);
#else
  Block r = (Block)1.479819860511658591e-01;
  r = fused_block(r, z, (Block)1.531383769920937332e-01);
  r = fused_block(r, z, (Block)1.818357216161805012e-01);
  r = fused_block(r, z, (Block)2.222219843214978396e-01);
  r = fused_block(r, z, (Block)2.857142874366239149e-01);
  r = fused_block(r, z, (Block)3.999999999940941908e-01);
  r = fused_block(r, z, (Block)6.666666666666735130e-01);
#endif
  r = r * z;
  const Block h = (Block)0.5 * f * f;
  const Block result = dk * (Block)LN2_HIGH - ((h - fused_block(s, h + r, dk * (Block)LN2_LOW)) - f);
  const Block defined = choose(x == (Block)__builtin_inf(), x, result);
  const Block nonzero = choose(x == (Block)0, (Block)-__builtin_inf(), defined);
  return choose((x < (Block)0) | (x != x), (Block)__builtin_nan(""), nonzero);
}

// 1 / (1 + e^-x), with the exponential of a number that is not positive, so that nothing overflows.
INLINE Block logistic(Block x) {
  const Block t = exponential(-magnitude(x));
  return choose(x >= (Block)0, (Block)1, t) / ((Block)1 + t) + (x - x);
}

// log(1 + e^x) = max(x, 0) + log1p(t), t = e^-|x|; log1p(t) = log(u) + (t - (u - 1)) / u with u = 1 + t rounded.
INLINE Block soft_plus(Block x) {
  const Block t = exponential(-magnitude(x));
  const Block u = (Block)1 + t;
  return rectified(x) + (logarithm(u) + (t - (u - (Block)1)) / u);
}

// tanh: Cephes. For |x| < 0.625 x plus an odd polynomial (float) or rational function (double); beyond,
// 1 - 2 / (e^2|x| + 1) with the sign of x: never above 1.
INLINE Block hyperbolic_tangent(Block x) {
  const Block a = magnitude(x);
  const Block z = x * x;
#if !CK_DOUBLE_ELEMENT
  Block p = (Block)-5.70498872745e-3f;
  p = fused_block(p, z, (Block)2.06390887954e-2f);
  p = fused_block(p, z, (Block)-5.37397155531e-2f);
  p = fused_block(p, z, (Block)1.33314422036e-1f);
  p = fused_block(p, z, (Block)-3.33332819422e-1f);
#else
  Block p = (Block)-9.64399179425052238628e-1;
  p = fused_block(p, z, (Block)-9.92877231001918586564e1);
  p = fused_block(p, z, (Block)-1.61468768441708447952e3);
  Block q = z + (Block)1.12811678491632931402e2;
  q = fused_block(q, z, (Block)2.23548839060100448583e3);
  q = fused_block(q, z, (Block)4.84406305325125486048e3);
  p = p / q;
#endif
  const Block near = fused_block(x * z, p, x);
  const Block far = (Block)1 - (Block)2 / (exponential(a + a) + (Block)1);
  const Block signed_far = choose(x < (Block)0, -far, far);
  return choose(a < (Block)0.625, near, signed_far);
}
