/// What a hypergradient was made from, and how far to trust it.
public struct HypergradientReport: Sendable, Hashable {
  /// F, the upper objective at the adapted lower parameters.
  public let upperLoss: Double
  /// ||df/dw||, the Euclidean norm at the adapted lower parameters: implicit differentiation assumes it is 0, and the
  /// hypergradient's error grows with it (Pedregosa, 2016, gives the bound).
  public let lowerGradientNorm: Double
  /// The same where the adaptation started; `nil` where the lower model was adapted elsewhere, or by no step.
  public let startLowerGradientNorm: Double?
  /// The linear solve of H v = g.
  public let solve: SolveReport
  /// The hypergradient's Euclidean norm, the direct term included.
  public let hypergradientNorm: Double
  /// The lower parameters, by name, in which H maps the direction that made the solve's system inconsistent to nothing;
  /// empty for any other end of the solve.
  public let flatParameters: [String]

  /// Whether the adaptation went the wrong way: the lower gradient is more than twice what it was at the start. One of
  /// many may, on its way to a minimum; where most do, the learning rate is too large.
  public var isAdaptationDiverging: Bool {
    startLowerGradientNorm.map { lowerGradientNorm > 2 * $0 } ?? false
  }
}

/// A hypergradient that could not be computed.
public struct HypergradientError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The kinds of failure.
  public enum Code: Hashable, Sendable {
    /// A parameter of ``Implicit`` or an optimiser outside its range.
    case parameter
    /// A number that is not finite, in an objective, its gradients or the hypergradient.
    case notFinite
    /// Curvature that is not positive, where the policy is ``NegativeCurvaturePolicy/stop``.
    case negativeCurvature
    /// Lower parameters in which the lower objective has no curvature, whatever the numbers, but the upper objective a
    /// gradient: the system of LS has no solution.
    case noCurvature
    /// Neither objective depends on the upper model.
    case noDependence
    /// An auxiliary model or a start of another length than the lower model, or an upper model with another number of
    /// values or gradients than parameters.
    case shape
  }

  /// The kind of failure.
  public let code: Code
  /// What happened, where, and what to do.
  public let message: String

  init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// The message.
  public var description: String { message }

  /// Throws unless a parameter fulfils a condition.
  static func require(_ condition: Bool, _ message: @autoclosure () -> String) throws(Self) {
    if !condition { throw HypergradientError(.parameter, message()) }
  }
}
