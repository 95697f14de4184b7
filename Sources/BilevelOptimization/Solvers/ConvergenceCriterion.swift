/// When a solve has converged: its residual is small by itself and beside the right-hand side. The second keeps the
/// first, which is absolute, from taking a small right-hand side for a solved system.
struct ConvergenceCriterion {
  /// The norm that the residual must be below; absolute, as documented.
  let tolerance: Double
  /// The part of the right-hand side's norm that it must be below as well.
  let relativeTolerance: Double

  /// Whether a residual of this norm ends a solve; one of exactly 0 does.
  func isMet(_ residual: Double, rightHandSide norm: Double) -> Bool {
    residual == 0 || (residual < tolerance && residual < relativeTolerance * norm)
  }

  /// The same with both tolerances multiplied by a factor.
  func tightened(by factor: Double) -> ConvergenceCriterion {
    ConvergenceCriterion(
      tolerance: factor * tolerance, relativeTolerance: factor * relativeTolerance)
  }
}
