/// The inverse of the standard normal distribution function, with arithmetic that IEEE 754 fixes to
/// the last bit.
package enum NormalQuantile {
  /// Inverts the distribution function.
  ///
  /// Source: Wichura, "Algorithm AS 241: the percentage points of the normal distribution",
  /// Applied Statistics 37 (1988), procedure PPND16: relative error about 1e-16 but for rounding.
  ///
  /// - Parameter probability: In (0, 1), not below 2^-1022 and exactly as far from 1 as it says.
  /// - Returns: The number below which a standard normal variable stays with that probability.
  package static func value(at probability: Double) -> Double {
    let q = probability - 0.5
    if q.magnitude <= 0.425 {
      let r = 0.180625 - q * q
      return q * polynomial(central.over, r) / polynomial(central.under, r)
    }
    let r = (-logarithm(min(probability, 1 - probability))).squareRoot()
    let magnitude =
      r <= 5
      ? polynomial(tail.over, r - 1.6) / polynomial(tail.under, r - 1.6)
      : polynomial(farTail.over, r - 5) / polynomial(farTail.under, r - 5)
    return q < 0 ? -magnitude : magnitude
  }

  /// The natural logarithm of a positive normal number, within about 2 units in the last place.
  ///
  /// With x = m 2^e and m in [sqrt(1/2), sqrt(2)), ln x = e ln 2 + 2 artanh(s) for
  /// s = (m - 1) / (m + 1), |s| < 0.1716: eleven terms of the series leave less than 1e-19.
  package static func logarithm(_ x: Double) -> Double {
    var exponent = Double(x.exponent)
    var mantissa = x.significand
    if mantissa > 0x1.6a09e667f3bcdp0 {
      mantissa *= 0.5
      exponent += 1
    }
    let s = (mantissa - 1) / (mantissa + 1)
    let square = s * s
    var series = 0.0
    for denominator in stride(from: 21.0, to: 1, by: -2) {
      series = (series + 1 / denominator) * square
    }
    // The first part of ln 2 ends in zeros, so that its product with the exponent is exact.
    let high = exponent * 0x1.62e42feep-1
    let low = exponent * 0x1.a39ef35793c76p-33
    return high + (2 * s + (2 * s * series + low))
  }

  private static func polynomial(_ coefficients: Coefficients, _ x: Double) -> Double {
    let (c0, c1, c2, c3, c4, c5, c6, c7) = coefficients
    return ((((((c7 * x + c6) * x + c5) * x + c4) * x + c3) * x + c2) * x + c1) * x + c0
  }

  /// From the constant to the seventh power.
  private typealias Coefficients = (
    Double, Double, Double, Double, Double, Double, Double, Double
  )

  private static let central: (over: Coefficients, under: Coefficients) = (
    (
      3.3871328727963666080e0, 1.3314166789178437745e+2, 1.9715909503065514427e+3,
      1.3731693765509461125e+4, 4.5921953931549871457e+4, 6.7265770927008700853e+4,
      3.3430575583588128105e+4, 2.5090809287301226727e+3
    ),
    (
      1, 4.2313330701600911252e+1, 6.8718700749205790830e+2, 5.3941960214247511077e+3,
      2.1213794301586595867e+4, 3.9307895800092710610e+4, 2.8729085735721942674e+4,
      5.2264952788528545610e+3
    )
  )

  private static let tail: (over: Coefficients, under: Coefficients) = (
    (
      1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0,
      3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1,
      2.27238449892691845833e-2, 7.74545014278341407640e-4
    ),
    (
      1, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
      1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4,
      1.05075007164441684324e-9
    )
  )

  private static let farTail: (over: Coefficients, under: Coefficients) = (
    (
      6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0,
      2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
      2.71155556874348757815e-5, 2.01033439929228813265e-7
    ),
    (
      1, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
      7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
      2.04426310338993978564e-15
    )
  )
}
