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

  /// The columns of a low-rank approximation, 1 or more.
  public var rank = 10
  /// The random vectors of an estimate of the diagonal, 1 or more.
  public var probes = 10
  /// The last lower steps that are gone back through; 0 for all.
  public var truncation = 0
  /// The strength of a penalty, above 0.
  public var penalty = 1.0
  /// The step of the lower parameters in methods that move them with the upper ones, above 0.
  public var jointRate = 0.1
  /// The length of the steps that differences of gradients are taken over, above 0.
  public var difference = 0.01
  /// The blocks that methods with variance reduction cut each level's examples into, 1 or more.
  public var blocks = 10, validationBlocks = 10
  /// The directions that linear systems are solved on.
  public var restriction = Restriction.none
  /// Whether adaptation starts at the upper parameters.
  public var startsAtUpper = false
  /// Whether it goes on from the task's last upper step.
  public var keepsPoint = false
  /// What random numbers of solvers are drawn from.
  public var seed: UInt64 = 1
  /// The diagonal of a preconditioner, where it is not to be estimated.
  package var diagonal: [Double]?
  /// The columns of a low-rank approximation, where they are not to be drawn.
  package var columns: [Int]?

  /// The defaults with a rate.
  public init(rate: Double) { self.rate = rate }

  /// Checks the numbers.
  ///
  /// - Throws: ``HypergradientError`` of code `parameter` that names the parameter, its value and its range.
  func check() throws(HypergradientError) {
    try HypergradientError.require(
      rate.isFinite && rate > 0, "lowerLearningRate is \(rate); it must be finite and above 0")
    try HypergradientError.require(k >= 0, "k is \(k); it must be 0 or more")
    try HypergradientError.require(rank >= 1, "rank is \(rank); it must be 1 or more")
    try HypergradientError.require(probes >= 1, "probes is \(probes); it must be 1 or more")
    try HypergradientError.require(
      min(blocks, validationBlocks) >= 1,
      "blocks are \(blocks) and \(validationBlocks); they must be 1 or more")
    try HypergradientError.require(
      truncation >= 0, "truncate is \(truncation); it must be 0 or more")
    for (name, value) in [
      ("penalty", penalty), ("jointRate", jointRate), ("difference", difference),
    ] {
      try HypergradientError.require(
        value.isFinite && value > 0, "\(name) is \(value); it must be finite and above 0")
    }
    for (name, value) in [
      ("tolerance", tolerance), ("relativeTolerance", relativeTolerance), ("damping", damping),
    ] {
      try HypergradientError.require(
        value.isFinite && value >= 0, "\(name) is \(value); it must be finite and 0 or more")
    }
  }
}
