import Tensors

/// What methods and solvers can be told. Each uses what it knows of.
public struct MethodOptions: Sendable, Hashable {
  /// a: the step of series and of descent on the linear system, above 0.
  public var rate: Double
  /// The most Hessian-vector products of a solve, 0 or more.
  public var k = 10
  /// How the linear system is solved; nil: as the method has it.
  public var solver: SolverName?
  /// The norm that a residual must be below to end a solve; absolute, 0 or more.
  public var tolerance = 1e-10
  /// The part of the right-hand side's norm that it must be below as well, 0 or more.
  public var relativeTolerance = 1e-10
  /// Added to the Hessian's diagonal in a solve, 0 or more.
  public var damping = 0.0
  /// What conjugate gradients do on meeting curvature that is not positive.
  public var negativeCurvature = NegativeCurvaturePolicy.report
  /// Whether every solve ends with a product that finds its true residual.
  public var checksResidual = false
  /// Whether a solve begins with what the task's last one found.
  public var isWarm = false

  /// The defaults with a rate.
  public init(rate: Double) { self.rate = rate }

  /// Checks the numbers.
  ///
  /// - Throws: ``HypergradientError`` of code `parameter` that names the parameter, its value and its range.
  func check() throws(HypergradientError) {
    try HypergradientError.require(
      rate.isFinite && rate > 0, "lowerLearningRate is \(rate); it must be finite and above 0")
    try HypergradientError.require(k >= 0, "k is \(k); it must be 0 or more")
    for (name, value) in [
      ("tolerance", tolerance), ("relativeTolerance", relativeTolerance), ("damping", damping),
    ] {
      try HypergradientError.require(
        value.isFinite && value >= 0, "\(name) is \(value); it must be finite and 0 or more")
    }
  }
}
