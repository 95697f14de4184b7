import Tensors

/// The parameters of ``Implicit`` that are numbers and choices, checked.
public struct ImplicitOptions: Sendable, Hashable {
  /// a: the step of the Neumann series, above 0. LS does not depend on it.
  public let lowerLearningRate: Double
  /// The most Hessian-vector products of a solve, 0 or more.
  public let k: Int
  /// How the linear system is solved: LS or NS.
  public let method: ImplicitMethod
  /// Stops a solve when the norm of its residual (LS) or last term (NS) is below; absolute, 0 or more.
  public let tolerance: Double
  /// Added to the Hessian's diagonal in the solve, 0 or more.
  public let damping: Double
  /// What LS does on meeting negative curvature.
  public let negativeCurvature: NegativeCurvaturePolicy
  /// The arithmetic of objectives and solves.
  public let precision: Precision

  /// Checks the parameters; ``Implicit`` says more about them.
  ///
  /// - Parameters:
  ///   - lowerLearningRate: a, finite and above 0.
  ///   - k: The most Hessian-vector products of a solve, 0 or more.
  ///   - method: LS or NS.
  ///   - tolerance: What stops a solve, finite and 0 or more; absolute.
  ///   - damping: What is added to the Hessian's diagonal, finite and 0 or more.
  ///   - negativeCurvature: What LS does on meeting it.
  ///   - precision: The arithmetic of objectives and solves.
  /// - Throws: ``HypergradientError`` of code `parameter` that names the parameter, its value and its range.
  public init(
    lowerLearningRate: Double, k: Int = 10, method: ImplicitMethod = .neumannSeries,
    tolerance: Double = 1e-10, damping: Double = 0,
    negativeCurvature: NegativeCurvaturePolicy = .report, precision: Precision = .single
  ) throws(HypergradientError) {
    try HypergradientError.require(
      lowerLearningRate.isFinite && lowerLearningRate > 0,
      "lowerLearningRate is \(lowerLearningRate); it must be finite and above 0")
    try HypergradientError.require(k >= 0, "k is \(k); it must be 0 or more")
    try HypergradientError.require(
      tolerance.isFinite && tolerance >= 0,
      "tolerance is \(tolerance); it must be finite and 0 or more")
    try HypergradientError.require(
      damping.isFinite && damping >= 0, "damping is \(damping); it must be finite and 0 or more")
    self.lowerLearningRate = lowerLearningRate
    self.k = k
    self.method = method
    self.tolerance = tolerance
    self.damping = damping
    self.negativeCurvature = negativeCurvature
    self.precision = precision
  }
}
