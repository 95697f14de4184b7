import Tensors

/// How the linear system of the hypergradient is solved.
public enum ImplicitMethod: String, Sendable, Hashable, CaseIterable {
  /// "LS": at most k steps of conjugate gradients (Hestenes and Stiefel, 1952) on H v = g, as in iMAML (Rajeswaran
  /// et al., 2019, arXiv:1909.04630, eq. 6-7).
  case linearSystem = "LS"
  /// "NS": at most the first k + 1 terms of a Neumann series (Lorraine et al., 2020, arXiv:1911.02590, algorithm 3). It
  /// converges where H is positive definite and a is below 2 / its largest eigenvalue.
  case neumannSeries = "NS"
}

/// The parameters of ``Implicit`` that are numbers and choices, checked.
public struct ImplicitOptions: Sendable, Hashable {
  /// a: the step of the Neumann series, above 0. LS does not depend on it.
  public let lowerLearningRate: Double
  /// The most Hessian-vector products of a solve, 0 or more.
  public let k: Int
  /// How the linear system is solved: LS or NS.
  public let method: ImplicitMethod
  /// Stops a solve when the norm of its residual (LS) or last term (NS) is below, and below
  /// ``relativeTolerance`` times ||g||; absolute, 0 or more.
  public let tolerance: Double
  /// The part of ||g|| that the norm must be below as well for a solve to stop; 0 or more.
  public let relativeTolerance: Double
  /// Added to the Hessian's diagonal in the solve, 0 or more.
  public let damping: Double
  /// What LS does on meeting negative curvature.
  public let negativeCurvature: NegativeCurvaturePolicy
  /// Whether every solve ends with a product that finds its true residual, not only one that claims to have converged.
  public let checksResidual: Bool
  /// The arithmetic of objectives and solves.
  public let precision: Precision

  /// Checks the parameters; ``Implicit`` says more about them.
  ///
  /// - Parameters:
  ///   - lowerLearningRate: a, finite and above 0.
  ///   - k: The most Hessian-vector products of a solve, 0 or more.
  ///   - method: LS or NS.
  ///   - tolerance: What stops a solve, finite and 0 or more; absolute.
  ///   - relativeTolerance: The part of ||g|| that the residual must be below as well, finite and 0 or more.
  ///   - damping: What is added to the Hessian's diagonal, finite and 0 or more.
  ///   - negativeCurvature: What LS does on meeting it.
  ///   - checksResidual: Whether every solve ends with a product that finds its true residual.
  ///   - precision: The arithmetic of objectives and solves.
  /// - Throws: ``HypergradientError`` of code `parameter` that names the parameter, its value and its range.
  public init(
    lowerLearningRate: Double, k: Int = 10, method: ImplicitMethod = .neumannSeries,
    tolerance: Double = 1e-10, relativeTolerance: Double = 1e-10, damping: Double = 0,
    negativeCurvature: NegativeCurvaturePolicy = .report, checksResidual: Bool = false,
    precision: Precision = .single
  ) throws(HypergradientError) {
    self.lowerLearningRate = lowerLearningRate
    self.k = k
    self.method = method
    self.tolerance = tolerance
    self.relativeTolerance = relativeTolerance
    self.damping = damping
    self.negativeCurvature = negativeCurvature
    self.checksResidual = checksResidual
    self.precision = precision
    try methodOptions.check()
  }
}

extension ImplicitOptions {
  /// The same as methods and solvers have them.
  var methodOptions: MethodOptions {
    var options = MethodOptions(rate: lowerLearningRate)
    options.k = k
    options.solver = method.solver
    (options.tolerance, options.relativeTolerance) = (tolerance, relativeTolerance)
    options.damping = damping
    options.negativeCurvature = negativeCurvature
    options.checksResidual = checksResidual
    return options
  }
}

extension ImplicitMethod {
  /// The solver that it is.
  public var solver: SolverName {
    switch self {
    case .linearSystem: .conjugateGradient
    case .neumannSeries: .neumann
    }
  }
}
