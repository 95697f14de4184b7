import Models
import Tensors

/// Hypergradients by implicit differentiation.
///
/// At adapted lower parameters w, which count as a constant, and where the gradient of the lower objective f is
/// taken to be zero:
///
///     g = dF/dw    d = dF/du    H = d2f/dw2    C = d2f/du dw    a = the lower learning rate
///     LS: d - C v_k        with v_k the k-th iterate of conjugate gradients on H v = g
///     NS: d - C v          with v = a * sum_{j=0..k} (I - aH)^j g
///
/// With damping above 0, H + damping I takes the place of H. Products H v are those of differentiation forward over
/// reverse (Pearlmutter, 1994), not of differences; no matrix is formed. With f = L + (lambda / 2) ||w - u||^2, LS
/// gives d plus iMAML's meta-gradient (Rajeswaran et al., 2019, arXiv:1909.04630, eq. 6-7); NS is algorithm 3 of
/// Lorraine et al. (2020, arXiv:1911.02590).
///
/// An object plans its objectives once for each form (names and shapes) of data that it meets, keeps the plans as
/// ``planMemory`` says, and is used by one thread at a time. An objective runs twice for each form, and again now and
/// then: where it gives another formula, because it draws random numbers or reads what changes, that is an error.
public final class Implicit<Upper, Lower> {
  /// The upper model: its values are u, and hypergradients are added up in its gradients.
  public var upperModel: Model<Upper> { levels.upperModel }
  /// The lower model: its architecture; its values are where adaptation starts unless told otherwise.
  public var lowerModel: Model<Lower> { levels.lowerModel }
  /// How the linear system is solved, and the options of that.
  public let options: ImplicitOptions

  package let levels: Levels<Upper, Lower>
  private let differentiation: ImplicitDifferentiation
  /// The last hypergradient; its memory is used again.
  private var hypergradient: [Double]

  /// Prepares hypergradients of a bi-level problem.
  ///
  /// - Parameters:
  ///   - upperObjective: F, over validation data: one number that depends on the lower model.
  ///   - upperModel: u; its values are read in every call.
  ///   - lowerObjective: f, over training data: one number that depends on the lower model.
  ///   - lowerModel: w; its values are where adaptation starts unless told otherwise.
  ///   - lowerLearningRate: a, above 0: the step of the Neumann series, which needs it below 2 / the largest eigenvalue
  ///     of H. LS does not depend on it.
  ///   - k: The most Hessian-vector products, 0 or more; NS adds up k + 1 terms. At 0, LS gives d and NS d - a C g.
  ///   - method: LS or NS.
  ///   - tolerance: Stops a solve when the norm of its residual (LS) or last term (NS) is below, and below
  ///     `relativeTolerance` times ||g||; absolute, 0 or more.
  ///   - relativeTolerance: The part of ||g|| that the norm must be below as well; 0 or more.
  ///   - damping: Added to the Hessian's diagonal in the solve; 0 or more.
  ///   - negativeCurvature: What LS does on meeting it.
  ///   - checksResidual: Whether every solve ends with a product that finds its true residual, not only one that claims
  ///     to have converged.
  ///   - precision: The arithmetic of objectives and solves.
  ///   - convolutions: How convolutions are computed.
  ///   - kernels: The instruction set; by default the fastest there is, or what `IGBM_KERNELS` names.
  /// - Throws: ``HypergradientError`` of code `parameter` for one outside its range; `TensorError` for kernels that are
  ///   not there.
  public convenience init(
    upperObjective: @escaping Objective<Upper, Lower>, upperModel: Model<Upper>,
    lowerObjective: @escaping Objective<Upper, Lower>, lowerModel: Model<Lower>,
    lowerLearningRate: Double, k: Int = 10, method: ImplicitMethod = .neumannSeries,
    tolerance: Double = 1e-10, relativeTolerance: Double = 1e-10, damping: Double = 0,
    negativeCurvature: NegativeCurvaturePolicy = .report, checksResidual: Bool = false,
    precision: Precision = .single, convolutions: ConvolutionRule = .transformed,
    kernels: KernelSet? = nil
  ) throws {
    let options = try ImplicitOptions(
      lowerLearningRate: lowerLearningRate, k: k, method: method, tolerance: tolerance,
      relativeTolerance: relativeTolerance, damping: damping,
      negativeCurvature: negativeCurvature, checksResidual: checksResidual, precision: precision)
    try self.init(
      Levels(
        upperObjective: upperObjective, upperModel: upperModel, lowerObjective: lowerObjective,
        lowerModel: lowerModel, precision: precision, kernels: kernels, convolutions: convolutions),
      options)
  }

  /// The same over levels that are there already, and whose plans are shared.
  package init(_ levels: Levels<Upper, Lower>, _ options: ImplicitOptions) throws {
    self.levels = levels
    self.options = options
    differentiation = try ImplicitDifferentiation(levels, options.methodOptions)
    let count = levels.counts.upper
    try requireMemory(ofNumbers: count, for: "the hypergradient")
    hypergradient = [Double](repeating: 0, count: count)
  }

  /// The upper loss, with the hypergradient *added* to `upperModel.gradients`: call it for every sample of a batch,
  /// then divide, step and clear outside. Nothing else changes. Where it throws, the gradients are as they were.
  ///
  /// - Parameters:
  ///   - validateData: The upper objective's inputs, `[n, ...]`.
  ///   - validateTarget: The upper objective's targets, `[n]` or `[n, ...]`.
  ///   - auxiliaryModel: The adapted lower model, with as many values as the lower model.
  ///   - trainData: The lower objective's inputs, `[n, ...]`.
  ///   - trainTarget: The lower objective's targets, `[n]` or `[n, ...]`.
  /// - Returns: F at the adapted lower parameters.
  /// - Throws: ``HypergradientError`` for numbers that are not finite, curvature that is not positive where that is to
  ///   stop or never can be, models with another number of values than parameters, or objectives neither of which
  ///   depends on the upper model; `TensorError` for objectives or data that do not fit; what the objectives throw.
  @discardableResult
  public func computeGradients(
    validateData: DataArray, validateTarget: DataArray, auxiliaryModel: AuxiliaryModel,
    trainData: DataArray, trainTarget: DataArray
  ) throws -> Double {
    try computeGradients(
      validate: Examples(data: validateData, target: validateTarget),
      auxiliaryModel: auxiliaryModel, train: Examples(data: trainData, target: trainTarget)
    ).upperLoss
  }

  /// The same for examples with extra arrays, with a report.
  ///
  /// - Parameters:
  ///   - validate: What the upper objective sees.
  ///   - auxiliaryModel: The adapted lower model, with as many values as the lower model.
  ///   - train: What the lower objective sees.
  /// - Returns: The upper loss, and how the hypergradient came about.
  /// - Throws: As ``computeGradients(validateData:validateTarget:auxiliaryModel:trainData:trainTarget:)``.
  @discardableResult
  public func computeGradients(
    validate: Examples, auxiliaryModel: AuxiliaryModel, train: Examples
  ) throws -> HypergradientReport {
    let lower = try levels.lower(train, at: auxiliaryModel.values, "the auxiliary model")
    let outcome = try differentiation.differentiate(
      lower, validate, into: &hypergradient)
    for index in hypergradient.indices { upperModel.gradients[index] += hypergradient[index] }
    return report(of: outcome)
  }

  /// Adapts the lower model to a task and gives the task's hypergradient, without a detour of the lower parameters through
  /// arrays.
  @discardableResult
  package func adaptAndSolve(
    train: Examples, validate: Examples, from start: [Double], _ optimizer: some LowerOptimizer
  ) throws -> (report: HypergradientReport, hypergradient: [Double]) {
    let task = try LowerTask(
      levels, TaskData(train: train, validate: validate), optimizer, from: start)
    let outcome = try differentiation.hypergradient(task, into: &hypergradient)
    return (report(of: outcome), hypergradient)
  }

  private func report(of outcome: MethodOutcome) -> HypergradientReport {
    guard let solve = differentiation.solve else { fatalError("a hypergradient has a solve") }
    return HypergradientReport(
      upperLoss: outcome.upperLoss, lowerGradientNorm: outcome.lowerGradientNorm,
      startLowerGradientNorm: outcome.startLowerGradientNorm, solve: solve,
      hypergradientNorm: outcome.hypergradientNorm,
      flatParameters: differentiation.flatParameters)
  }

  /// The most bytes of the plans that are kept of each objective, by default 256 MiB: where those for all forms of data met
  /// take more, the ones used least recently are given back, to be made anew when they are wanted. The last four stay.
  public var planMemory: Int {
    get { levels.planMemory }
    set { levels.planMemory = newValue }
  }

  /// How many plans are kept: of the lower objective, and of the upper.
  package var planCounts: (lower: Int, upper: Int) { levels.planCounts }
}

extension LowerOptimizer {
  /// Adapts the lower model of a problem to a task.
  ///
  /// - Parameters:
  ///   - implicit: The problem; its upper model's values count as constants.
  ///   - train: What the lower objective sees.
  ///   - start: Where to start, as many values as the lower model has; by default its own.
  ///   - recordsLosses: Whether to compute the lower loss before each step, for ``AuxiliaryModel/losses``.
  /// - Returns: The adapted model; neither model of the problem changes.
  /// - Throws: `TensorError` for an objective or data that do not fit; ``HypergradientError`` of code `shape` for a
  ///   start of another length, or an upper model with another number of values than parameters; what the lower
  ///   objective throws. Numbers that are not finite do not throw here, but where the hypergradient is computed.
  public func adapt<Upper, Lower>(
    _ implicit: Implicit<Upper, Lower>, train: Examples, from start: [Double]? = nil,
    recordsLosses: Bool = false
  ) throws -> AuxiliaryModel {
    let task = try LowerTask(
      implicit.levels, TaskData(train: train, validate: train), self,
      from: start ?? implicit.lowerModel.values)
    var adapted = AuxiliaryModel(values: [])
    try task.adapt(observe: { lower, _ in
      if recordsLosses { adapted.losses.append(lower.loss()) }
    })
    adapted.steps = task.steps
    adapted.values = task.lower.point.values
    return adapted
  }
}
