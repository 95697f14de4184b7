/// How a linear solve ended, and what it saw.
public struct SolveReport: Sendable, Hashable {
  /// Why a solve ended.
  public enum Reason: String, Sendable, Hashable, CaseIterable {
    /// The residual (NS: the last term) fell below the tolerance, or is exactly 0. The step that did so is kept.
    case converged
    /// All k steps were made, without an end before. Raise k if the residual is too large.
    case stepLimit
    /// LS met a direction of negative curvature, and the policy was to end there. Raise the damping or the
    /// proximal strength, or adapt for longer.
    case negativeCurvature
    /// A direction of no curvature, or a number that is not finite: the last good iterate is kept.
    case breakdown
  }

  /// Why the solve ended.
  public var reason: Reason
  /// Hessian-vector products made, those of earlier tries with less damping included.
  public var steps: Int
  /// Euclidean norm of the right-hand side g.
  public var initialResidual: Double
  /// LS: Euclidean norm of g - Hv as the recurrence has it. NS: norm of the last term (I - aH)^j g. In both, H has the
  /// damping on its diagonal, and this is what the tolerance is compared with; it is not relative to g.
  public var residual: Double
  /// The smallest p'Hp / p'p over the directions p of the solve (NS: its terms), damping included: a bound from above
  /// on the smallest eigenvalue. `nil` where no product was made, or none was of use.
  public var smallestCurvature: Double?
  /// The largest, likewise: a bound from below on the largest eigenvalue.
  public var largestCurvature: Double?
  /// How many directions had negative curvature: where it is above 0 the lower point is no minimum along them, and
  /// the solve's result is not a minimiser. Earlier tries with less damping are included.
  public var negativeCurvatureSteps: Int

  init(initialResidual: Double) {
    reason = .stepLimit
    steps = 0
    self.initialResidual = initialResidual
    residual = initialResidual
    negativeCurvatureSteps = 0
  }

  /// Whether the terms of a Neumann series grew: the learning rate is above 2 / the largest eigenvalue, or there
  /// is negative curvature. Says nothing about LS, whose residual may rise on its way.
  public var isDiverging: Bool { residual > initialResidual }

  mutating func note(curvature: Double) {
    smallestCurvature = min(smallestCurvature ?? curvature, curvature)
    largestCurvature = max(largestCurvature ?? curvature, curvature)
    if curvature < 0 { negativeCurvatureSteps += 1 }
  }
}

/// What conjugate gradients (LS) do on meeting a direction p with p'Hp < 0, H with the damping. NS only counts them.
public enum NegativeCurvaturePolicy: String, Sendable, Hashable, CaseIterable {
  /// Go on as plain conjugate gradients do, and count it in the report: what the documented `Implicit`
  /// computes, made visible. The default.
  case report
  /// Keep the iterate from before that direction (Steihaug, 1983) and end with
  /// ``SolveReport/Reason-swift.enum/negativeCurvature``.
  case truncate
  /// Solve again with ten times the damping (at least twice the size of the curvature that was met), at most five
  /// times; then keep the last iterate as with `truncate`.
  case damp
  /// Throw ``HypergradientError`` of code `negativeCurvature`.
  case stop
}
