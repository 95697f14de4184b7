/// How a linear solve ended, and what it saw.
public struct SolveReport: Sendable, Hashable {
  /// Why a solve ended.
  public enum Reason: String, Sendable, Hashable, CaseIterable {
    /// The residual, by a product of its own, is below both tolerances, or exactly 0. The step that did so is kept.
    case converged
    /// All k steps were made, without an end before. Raise k if the residual is too large.
    case stepLimit
    /// LS met a direction of curvature that is not positive, and the policy was to end there. Raise the damping or the
    /// proximal strength, or adapt for longer.
    case negativeCurvature
    /// A direction of next to no curvature that H does not map to nothing, so that H is indefinite, or a number that is
    /// not finite: the best iterate is kept.
    case breakdown
    /// The system has no solution, or none that this precision can tell: H maps a direction that g has a part in to next
    /// to nothing. The best iterate is kept. Raise the damping, or see that the lower objective curves in every lower
    /// parameter.
    case inconsistent
    /// The residual is at the size of the products' rounding errors and above a tolerance: what this precision can do is
    /// done. Use precision double or a larger relative tolerance if it is to count as converged.
    case precisionLimit
  }

  /// Why the solve ended.
  public var reason: Reason
  /// Steps made, a Hessian-vector product each, those of earlier tries with less damping included.
  public var steps: Int
  /// Hessian-vector products made besides, for residuals that are claimed.
  public var checks: Int
  /// Euclidean norm of the right-hand side g.
  public var initialResidual: Double
  /// LS: Euclidean norm of g - Hv as the recurrence has it. NS: norm of the last term (I - aH)^j g. With
  /// ``isResidualTrue``, of both: the norm of g - Hv itself. H has the damping on its diagonal.
  public var residual: Double
  /// Whether ``residual`` was found by a product of its own: always where the solve converged.
  public var isResidualTrue: Bool
  /// The smallest p'Hp / p'p over the directions p of the solve (NS: its terms), damping included: a bound from above
  /// on the smallest eigenvalue. `nil` where no product was made, or none was of use.
  public var smallestCurvature: Double?
  /// The largest, likewise: a bound from below on the largest eigenvalue.
  public var largestCurvature: Double?
  /// The largest ||Hp|| / ||p||, likewise: a bound from below on ||H||. 0 where no product was made.
  public var hessianNorm: Double
  /// How many directions had negative curvature: where it is above 0 the lower point is no minimum along them, and
  /// the solve's result is not a minimiser. Earlier tries with less damping are included.
  public var negativeCurvatureSteps: Int
  /// Whether the terms of a Neumann series grew in the end: the learning rate is above 2 / the largest eigenvalue, or
  /// there is negative curvature. Always false for LS.
  public var isDiverging: Bool

  init(initialResidual: Double) {
    reason = .stepLimit
    steps = 0
    checks = 0
    self.initialResidual = initialResidual
    residual = initialResidual
    isResidualTrue = true
    hessianNorm = 0
    negativeCurvatureSteps = 0
    isDiverging = false
  }

  /// All Hessian-vector products.
  public var products: Int { steps + checks }

  /// Notes a direction's p'Hp / p'p, and ||Hp|| / ||p||.
  mutating func note(curvature: Double, gain: Double) {
    smallestCurvature = min(smallestCurvature ?? curvature, curvature)
    largestCurvature = max(largestCurvature ?? curvature, curvature)
    hessianNorm = max(hessianNorm, gain)
    if curvature < 0 { negativeCurvatureSteps += 1 }
  }

  /// Adds the work of an earlier try.
  mutating func add(earlier: SolveReport) {
    steps += earlier.steps
    checks += earlier.checks
    negativeCurvatureSteps += earlier.negativeCurvatureSteps
    hessianNorm = max(hessianNorm, earlier.hessianNorm)
  }
}

extension SolveReport.Reason {
  /// Whether a direction whose curvature is not positive ended the solve: what policies act on.
  var isCurvature: Bool { self == .negativeCurvature || self == .inconsistent }
}

/// What conjugate gradients (LS) do on meeting a direction p whose p'Hp is not above 0, or next to nothing beside
/// ||H|| ||p||^2; H has the damping. NS only counts negative ones.
public enum NegativeCurvaturePolicy: String, Sendable, Hashable, CaseIterable {
  /// Go on as plain conjugate gradients do, and count it in the report: what the documented `Implicit` computes, made
  /// visible. They cannot go on without curvature: the solve ends with ``SolveReport/Reason-swift.enum/breakdown`` or
  /// ``SolveReport/Reason-swift.enum/inconsistent``. The default.
  case report
  /// Keep the iterate from before that direction (Steihaug, 1983) and end with
  /// ``SolveReport/Reason-swift.enum/negativeCurvature``; an inconsistent system is called that.
  case truncate
  /// Solve again with ten times the damping (at least twice the size of the curvature that was met, and a thousandth of
  /// ||H||), at most five times; then keep the last iterate as with `truncate`.
  case damp
  /// Throw ``HypergradientError`` of code `negativeCurvature`.
  case stop
}
