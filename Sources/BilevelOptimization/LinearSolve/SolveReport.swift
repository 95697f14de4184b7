/// How a linear solve ended, and what it saw.
public struct SolveReport: Sendable, Hashable {
  /// Why a solve ended.
  public enum Reason: String, Sendable, Hashable, CaseIterable {
    /// The residual fell below the tolerance.
    case converged
    /// All k steps were made. Raise k if the residual is too large.
    case stepLimit
    /// A direction of negative curvature was met, and the policy was to end there. Raise the damping or the
    /// proximal strength, or adapt for longer.
    case negativeCurvature
    /// A direction of no curvature, or a number that is not finite: the last good iterate is kept.
    case breakdown
  }

  /// Why the solve ended.
  public var reason: Reason
  /// Hessian-vector products made.
  public var steps: Int
  /// Euclidean norm of the right-hand side g.
  public var initialResidual: Double
  /// Conjugate gradients: norm of g - Hv as the recurrence has it. Neumann: norm of the last term (I - aH)^j g. In
  /// both, what the tolerance is compared with.
  public var residual: Double
  /// The smallest p'Hp / p'p over the directions p of the solve; above every eigenvalue's lower end.
  /// `nil` where no product was made.
  public var smallestCurvature: Double?
  /// The largest, likewise.
  public var largestCurvature: Double?
  /// How many directions had negative curvature: where it is above 0 the lower point is no minimum along them, and
  /// the solve's result is not a minimiser.
  public var negativeCurvatureSteps: Int

  init(initialResidual: Double) {
    reason = .stepLimit
    steps = 0
    self.initialResidual = initialResidual
    residual = initialResidual
    negativeCurvatureSteps = 0
  }

  /// Whether the terms of a Neumann series grew: the learning rate is above 2 / the largest eigenvalue, or there
  /// is negative curvature.
  public var isDiverging: Bool { residual > initialResidual }

  mutating func note(curvature: Double) {
    smallestCurvature = min(smallestCurvature ?? curvature, curvature)
    largestCurvature = max(largestCurvature ?? curvature, curvature)
    if curvature < 0 { negativeCurvatureSteps += 1 }
  }
}

/// What conjugate gradients do on meeting a direction p with p'Hp < 0.
public enum NegativeCurvaturePolicy: String, Sendable, Hashable, CaseIterable {
  /// Go on as plain conjugate gradients do, and count it in the report: what the documented `Implicit`
  /// computes, made visible. The default.
  case report
  /// Keep the iterate from before that direction (Steihaug, 1983) and end with
  /// ``SolveReport/Reason-swift.enum/negativeCurvature``.
  case truncate
  /// Solve again with ten times the damping (at least twice the curvature that was met), at most five times; then
  /// keep the last iterate as with `truncate`.
  case damp
  /// Throw ``HypergradientError``.
  case stop
}
