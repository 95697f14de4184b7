/// What a hypergradient was made from, and how far to trust it.
public struct HypergradientReport: Sendable, Hashable {
  /// F, the upper objective at the adapted lower parameters.
  public let upperLoss: Double
  /// ||df/dw||, the Euclidean norm at the adapted lower parameters: implicit differentiation assumes it is 0, and the
  /// hypergradient's error grows with it (Pedregosa, 2016, gives the bound).
  public let lowerGradientNorm: Double
  /// The linear solve of H v = g.
  public let solve: SolveReport
  /// The hypergradient's Euclidean norm, the direct term included.
  public let hypergradientNorm: Double
}

/// A hypergradient that could not be computed.
public struct HypergradientError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The kinds of failure.
  public enum Code: Hashable, Sendable {
    /// A parameter of ``Implicit`` or an optimiser outside its range.
    case parameter
    /// A number that is not finite, in an objective, its gradients or the hypergradient.
    case notFinite
    /// Negative curvature, where the policy is ``NegativeCurvaturePolicy/stop``.
    case negativeCurvature
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
