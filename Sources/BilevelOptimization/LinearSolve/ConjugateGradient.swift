import Tensors

/// Conjugate gradients on H v = g from v = 0 (Hestenes and Stiefel, 1952): k steps at most.
///
/// The documented `Implicit` solves (aH) v = g and multiplies by a afterwards, which is the same in exact arithmetic at
/// every step; H alone avoids the cancellation of x - (x - aHx). Unlike its known implementations this
/// - keeps the last step when it stops early (they return the iterate before it),
/// - gives v = 0 for g = 0 (they divide 0 by 0),
/// - looks at the curvature p'Hp and at whether numbers are finite, and reports why it ended,
/// - keeps its residuals orthogonal in spite of rounding (``ResidualHistory``).
struct ConjugateGradient {
  let maximumSteps: Int
  /// Stops when the residual's Euclidean norm is below; absolute, as documented.
  let tolerance: Double
  let policy: NegativeCurvaturePolicy
  let algebra: VectorAlgebra
  let history: ResidualHistory

  /// Solves; the operator's vector and `residual` are overwritten.
  ///
  /// - Parameters:
  ///   - hessian: The operator.
  ///   - g: The right-hand side.
  ///   - v: Receives the solution.
  ///   - residual: Scratch of the same length.
  /// - Returns: How it ended.
  func solve(
    _ hessian: some LinearOperator, _ g: Elements, into v: Elements, residual: Elements
  ) -> SolveReport {
    let p = hessian.vector
    algebra.clear(v)
    history.clear()
    residual.copy(from: g)
    p.copy(from: g)
    var squared = algebra.dot(g, g)
    var report = SolveReport(initialResidual: squared.squareRoot())
    guard squared.isFinite else {
      report.reason = .breakdown
      return report
    }
    if report.residual < tolerance || squared == 0 {
      report.reason = .converged
      return report
    }
    while report.steps < maximumSteps {
      if report.steps + 1 < maximumSteps { history.keep(residual, squared: squared) }
      let hp = hessian.product()
      report.steps += 1
      let curvature = algebra.dot(p, hp)
      guard curvature.isFinite, curvature != 0 else {
        report.reason = .breakdown
        return report
      }
      report.note(curvature: curvature / algebra.dot(p, p))
      if curvature < 0, policy != .report {
        report.reason = .negativeCurvature
        return report
      }
      let step = squared / curvature
      algebra.add(-step, hp, to: residual)
      if report.steps < maximumSteps { history.orthogonalise(residual) }
      let next = algebra.dot(residual, residual)
      guard next.isFinite else {
        report.reason = .breakdown
        return report
      }
      algebra.add(step, p, to: v)
      report.residual = next.squareRoot()
      if report.residual < tolerance || next == 0 {
        report.reason = .converged
        return report
      }
      algebra.replace(p, by: residual, plus: next / squared)
      squared = next
    }
    return report
  }
}
