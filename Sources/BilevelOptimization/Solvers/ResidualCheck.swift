import Tensors

/// What becomes of a solve whose recurrence claims to have converged, once a product of its own has told the true
/// residual: rounding may have parted the two.
struct ResidualCheck {
  let system: LinearSystem
  let criterion: ConvergenceCriterion
  /// The true residual of the last claim.
  private var last = Double.infinity
  /// Rounding errors of a product and a sum, in units of epsilon ||H|| ||v||: they are sums themselves.
  private static var roundings: Double { 16 }

  init(_ system: LinearSystem, _ criterion: ConvergenceCriterion) {
    self.system = system
    self.criterion = criterion.tightened(by: system.tightness)
  }

  /// What rounding leaves of a residual, scaled, where the solution has a norm.
  func rounding(solution norm: Double, _ report: SolveReport) -> Double {
    Self.roundings * system.algebra.precision.epsilon
      * (system.scaledNorm + report.hessianNorm * norm)
  }

  /// Whether a residual, scaled, is no more than what rounding leaves, and that is less than g.
  func isRounding(_ residual: Double, solution norm: Double, _ report: SolveReport) -> Bool {
    let left = rounding(solution: norm, report)
    return residual <= left && left < system.scaledNorm
  }

  /// Whether the rounding errors of H v, for v of a norm, are as large as g: digits of such a solution mean nothing.
  func isBeyondPrecision(_ norm: Double, _ report: SolveReport) -> Bool {
    system.algebra.precision.epsilon * report.hessianNorm * norm >= system.scaledNorm
  }

  /// Finds the true residual at v.
  ///
  /// - Parameters:
  ///   - v: The solution, scaled.
  ///   - residual: Receives g - H v, scaled; may be v itself.
  ///   - report: Receives the residual's norm.
  /// - Returns: Why the solve ends there; nil where going on from that residual may help.
  mutating func reason(
    at v: Elements, into residual: Elements, _ report: inout SolveReport
  ) -> SolveReport.Reason? {
    let size = system.algebra.norm(v)
    let norm = system.measureResidual(at: v, into: residual, &report)
    guard norm.isFinite else { return .breakdown }
    if criterion.isMet(report.residual, rightHandSide: system.norm) { return .converged }
    if isBeyondPrecision(size, report) { return .inconsistent }
    if isRounding(norm, solution: size, report) || norm > last / 2 { return .precisionLimit }
    last = norm
    return nil
  }
}
