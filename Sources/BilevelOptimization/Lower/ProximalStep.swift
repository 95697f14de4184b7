/// A step of proximal gradient descent of one parameter: soft(w - rate slope, rate strength), soft(z, t) = sign(z) max(|z| - t, 0).
struct ProximalStep {
  /// The step size.
  let rate: Double

  /// Makes the step.
  ///
  /// - Parameters:
  ///   - w: Where it begins.
  ///   - slope: The gradient of the whole objective, at a kink of |w| that of the rest.
  ///   - strength: What |w| counts for in it.
  /// - Returns: Where it ends.
  func callAsFunction(_ w: Double, slope: Double, strength: Double) -> Double {
    let rest = slope - strength * (w > 0 ? 1 : w < 0 ? -1 : 0)
    let moved = w - rate * rest
    let size = max(abs(moved) - rate * strength, 0)
    return moved < 0 ? -size : size
  }
}

extension HypergradientError {
  static func requireStrengths(_ strengths: [Double]) throws(HypergradientError) {
    try require(
      strengths.allSatisfy { $0.isFinite && $0 >= 0 },
      "strengths are \(strengths); they must be finite and 0 or more")
  }
}
