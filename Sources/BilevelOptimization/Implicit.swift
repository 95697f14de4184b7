import Models
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
  public let upperModel: Model<Upper>
  /// The lower model: its architecture; its values are where adaptation starts unless told otherwise.
  public let lowerModel: Model<Lower>
  /// How the linear system is solved, and the options of that.
  public let options: ImplicitOptions

  private let upperObjective: Objective<Upper, Lower>
  private let lowerObjective: Objective<Upper, Lower>
  private let kernels: KernelSet
  private let algebra: VectorAlgebra
  private let scratch: VectorStore
  private let history: ResidualHistory
  private var lowerPrograms = PlanCache<Examples.Form, LowerProgram> { $0.byteCount }
  private var upperPrograms = PlanCache<Examples.Form, UpperProgram> { $0.byteCount }
  /// Whether errors about numbers that are not finite say what made them, which takes some hundred times as long as
  /// making them did.
  package var explainsNonFinite = true
  /// The last hypergradient; its memory is used again.
  package private(set) var hypergradient: [Double]

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
  ///   - kernels: The instruction set; by default the fastest there is, or what `IGBM_KERNELS` names.
  /// - Throws: ``HypergradientError`` of code `parameter` for one outside its range; `TensorError` for kernels that are
  ///   not there.
  public init(
    upperObjective: @escaping Objective<Upper, Lower>, upperModel: Model<Upper>,
    lowerObjective: @escaping Objective<Upper, Lower>, lowerModel: Model<Lower>,
    lowerLearningRate: Double, k: Int = 10, method: ImplicitMethod = .neumannSeries,
    tolerance: Double = 1e-10, relativeTolerance: Double = 1e-10, damping: Double = 0,
    negativeCurvature: NegativeCurvaturePolicy = .report, checksResidual: Bool = false,
    precision: Precision = .single, kernels: KernelSet? = nil
  ) throws {
    options = try ImplicitOptions(
      lowerLearningRate: lowerLearningRate, k: k, method: method, tolerance: tolerance,
      relativeTolerance: relativeTolerance, damping: damping,
      negativeCurvature: negativeCurvature, checksResidual: checksResidual, precision: precision)
    self.upperObjective = upperObjective
    self.upperModel = upperModel
    self.lowerObjective = lowerObjective
    self.lowerModel = lowerModel
    self.kernels = try kernels ?? KernelSet.chosen()
    algebra = try VectorAlgebra(precision, self.kernels)
    scratch = try VectorStore(
      vectors: 4, count: lowerModel.count, precision, for: "the vectors of the linear solve")
    history = try ResidualHistory(
      steps: method == .linearSystem ? k : 0, count: lowerModel.count, algebra)
    try requireMemory(ofNumbers: upperModel.count, for: "the hypergradient")
    hypergradient = [Double](repeating: 0, count: upperModel.count)
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
    let lower = try loadedLowerProgram(train, at: auxiliaryModel.values, "the auxiliary model")
    let report = try solve(lower, validate, start: nil)
    for index in hypergradient.indices { upperModel.gradients[index] += hypergradient[index] }
    return report
  }

  /// Adapts the lower model to a task and leaves the task's hypergradient in ``hypergradient``, without a detour
  /// of the lower parameters through arrays: what a trainer does for each task. `adapted` is called in between.
  package func adaptAndSolve(
    train: Examples, validate: Examples, from start: [Double],
    _ optimizer: some LowerOptimizer, adapted: () -> Void = {}
  ) throws -> HypergradientReport {
    let lower = try loadedLowerProgram(train, at: start, "the start of the adaptation")
    var first: Double?
    try optimizer.run(lower, algebra) { _, gradient in first = first ?? algebra.norm(gradient) }
    adapted()
    return try solve(lower, validate, start: first) {
      try optimizer.causeOfNonFinite(lower, from: start, algebra)
    }
  }

  /// The hypergradient at the lower program's point; `start` is the lower gradient's norm where adaptation began, and
  /// `adapting` finds what the adaptation made that is not finite.
  private func solve(
    _ lower: LowerProgram, _ validate: Examples, start: Double?,
    adapting: () throws -> NonFiniteCause? = { nil }
  ) throws -> HypergradientReport {
    let upper = try loadedUpperProgram(validate)
    guard lower.dependsOnUpper || upper.dependsOnUpper else {
      throw HypergradientError(
        .noDependence,
        "neither objective depends on the upper model: there is nothing to learn; "
          + "use state.upperModel in one of them")
    }
    let (loss, g, direct) = upper.evaluate(at: lower.point)
    let gradientNorm = algebra.norm(lower.gradient())
    try requireFinite(
      gradientNorm, "the lower gradient at the adapted parameters",
      "lower the learning rate of the adaptation, or check the training data"
    ) {
      let cause = try lower.originOfNonFinite(in: .gradient)
      return cause?.isOperation == true ? cause : try adapting() ?? cause
    }
    try requireFinite(loss, "the upper loss", "check the validation data") {
      try upper.originOfNonFinite(in: .loss)
    }
    let scale = UnitScale(of: g)
    try requireFinite(
      scale.largest, "the upper gradient in the lower parameters",
      "check the validation data"
    ) { try upper.originOfNonFinite(in: .lower) }
    try requireCurvature(lower, g)
    lower.linearise()
    let (report, flat) = try solve(lower, g, scale)
    if report.reason == .breakdown { try requireFiniteHessian(lower, g) }
    lower.vector.copy(from: solution)
    let mixed = lower.mixedProduct()
    let norm = combine(direct, mixed, times: scale.factor)
    try requireFinite(
      norm, "the hypergradient (the solve ended by \(report.reason.rawValue))",
      "raise the damping, or check the direct term"
    ) {
      try upper.originOfNonFinite(in: .direct) ?? lower.originOfNonFinite(in: .mixed)
    }
    return HypergradientReport(
      upperLoss: loss, lowerGradientNorm: gradientNorm, startLowerGradientNorm: start,
      solve: report, hypergradientNorm: norm, flatParameters: flat)
  }

  /// Throws where the Hessian itself is not finite, and not only its product with what has grown: where that with a vector
  /// of length 1 is not, along the last direction of the solve or, where that was lost, along the right-hand side.
  private func requireFiniteHessian(_ lower: LowerProgram, _ g: Elements) throws {
    if !algebra.norm(lower.vector).isFinite { lower.vector.copy(from: g) }
    let length = algebra.norm(lower.vector)
    guard length > 0 else { return }
    algebra.scale(lower.vector, by: 1 / length)
    // By its elements: the norm of large ones is beyond single precision.
    let product = lower.hessianVectorProduct()
    guard let element = (0..<product.count).first(where: { !product[$0].isFinite }) else { return }
    try requireFinite(
      product[element], "the Hessian's product with a direction of the solve", "raise the damping"
    ) { try lower.originOfNonFinite(in: .hessian) }
  }

  /// Solves for g / scale into ``solution``, as the policy has it; gives the flat parameters of an inconsistent system, too.
  private func solve(
    _ lower: LowerProgram, _ g: Elements, _ scale: UnitScale
  ) throws -> (report: SolveReport, flat: [String]) {
    var damping = options.damping
    var (report, flat) = solve(lower, g, scale, damping: damping)
    if options.negativeCurvature == .damp {
      for _ in 0..<Self.mostRetries where report.reason.isCurvature {
        damping = max(
          10 * damping, 2 * abs(report.smallestCurvature ?? 0), 1e-3 * report.hessianNorm)
        // Where H is nothing there is no scale that damping could be of.
        if damping == 0 { break }
        let earlier = report
        (report, flat) = solve(lower, g, scale, damping: damping)
        report.add(earlier: earlier)
      }
    }
    if report.reason.isCurvature, options.negativeCurvature == .stop {
      let curvature = report.smallestCurvature ?? 0
      throw HypergradientError(
        .negativeCurvature,
        "conjugate gradients met \(curvature < 0 ? "negative" : "no") curvature "
          + "\(curvature)\(words(for: flat)) at step \(report.steps); raise the "
          + "damping or the proximal strength, or adapt for longer")
    }
    return (report, flat)
  }

  private static var mostRetries: Int { 5 }

  private func solve(
    _ lower: LowerProgram, _ g: Elements, _ scale: UnitScale, damping: Double
  ) -> (SolveReport, flat: [String]) {
    let hessian = LowerHessian(
      program: lower, damping: damping, damped: scratch[2], algebra: algebra)
    let system = LinearSystem(hessian, g, scale, algebra)
    let criterion = ConvergenceCriterion(
      tolerance: options.tolerance, relativeTolerance: options.relativeTolerance)
    var report: SolveReport
    switch options.method {
    case .linearSystem:
      var solve = ConjugateGradient(
        system, maximumSteps: options.k, criterion, options.negativeCurvature, history,
        into: solution, scratch: (scratch[1], scratch[3]))
      report = solve.solve()
    case .neumannSeries:
      var solve = NeumannSeries(
        system, maximumSteps: options.k, criterion, learningRate: options.lowerLearningRate,
        into: solution, scratch: scratch[1])
      report = solve.solve()
    }
    let flat =
      report.reason == .inconsistent
      ? flatParameters(lower, hessian: report.hessianNorm) : []
    if options.checksResidual, !report.isResidualTrue {
      _ = system.measureResidual(at: solution, into: scratch[1], &report)
    }
    return (report, flat)
  }

  /// v, after a solve for g / scale.
  private var solution: Elements { scratch[0] }

  /// d - scale * C v into ``hypergradient``; gives its norm.
  private func combine(_ direct: Elements, _ mixed: Elements, times scale: Double) -> Double {
    direct.subtract(scale, times: mixed, into: &hypergradient)
    return hypergradient.euclideanNorm
  }

  private func requireFinite(
    _ value: Double, _ what: @autoclosure () -> String, _ remedy: String,
    _ cause: () throws -> NonFiniteCause?
  ) throws {
    try HypergradientError.requireFinite(value, what(), remedy) {
      explainsNonFinite ? try cause() : nil
    }
  }

  // MARK: Plans

  /// The lower program with the upper parameters, data and a point set; errors call the point `name`.
  /// Values of models are public, so that their lengths are checked here.
  func loadedLowerProgram(
    _ examples: Examples, at point: [Double], _ name: String
  ) throws -> LowerProgram {
    let upperCount = hypergradient.count
    let counts = (upperModel.values.count, upperModel.gradients.count)
    guard counts == (upperCount, upperCount) else {
      throw HypergradientError(
        .shape,
        "the upper model holds \(counts.0) values and \(counts.1) gradients, but has "
          + "\(upperCount) parameters; set as many")
    }
    let lowerCount = scratch[0].count
    guard point.count == lowerCount else {
      throw HypergradientError(
        .shape,
        "\(name) has \(point.count) parameters, but the lower model has \(lowerCount); "
          + "adapt this lower model, from as many values")
    }
    let program = try lowerProgram(examples)
    try program.load(upperModel.values, examples)
    program.point.set(point)
    return program
  }

  /// The upper program with the upper parameters and data set.
  func loadedUpperProgram(_ examples: Examples) throws -> UpperProgram {
    let program = try upperProgram(examples)
    try program.load(upperModel.values, examples)
    return program
  }

  private func lowerProgram(_ examples: Examples) throws -> LowerProgram {
    try lowerPrograms.plan(examples.form) {
      try LowerProgram(lowerFormulas(examples), options.precision, kernels)
    }
  }

  private func upperProgram(_ examples: Examples) throws -> UpperProgram {
    try upperPrograms.plan(examples.form) {
      try UpperProgram(upperFormulas(examples), options.precision, kernels)
    }
  }

  /// The most bytes of the plans that are kept of each objective, by default 256 MiB: where those for all forms of data met
  /// take more, the ones used least recently are given back, to be made anew when they are wanted. The last four stay.
  public var planMemory: Int {
    get { lowerPrograms.bound }
    set { (lowerPrograms.bound, upperPrograms.bound) = (newValue, newValue) }
  }

  /// How many plans are kept: of the lower objective, and of the upper.
  package var planCounts: (lower: Int, upper: Int) { (lowerPrograms.count, upperPrograms.count) }

  private func lowerFormulas(_ examples: Examples) throws -> LowerProgram.Formulas {
    try LowerProgram.formulas(lowerObjective, upperModel, lowerModel, examples.form)
  }

  private func upperFormulas(_ examples: Examples) throws -> UpperProgram.Formulas {
    try UpperProgram.formulas(upperObjective, upperModel, lowerModel, examples.form)
  }

  var vectorAlgebra: VectorAlgebra { algebra }

  /// Bytes that the plans for such examples would take, the kernels' scratch memory aside, and bytes of the
  /// solver's vectors, which are there already.
  ///
  /// - Throws: What objectives throw; `TensorError` for data that do not fit them.
  package func byteCounts(
    train: Examples, validate: Examples
  ) throws -> (plans: Int, vectors: Int) {
    let lower = try lowerFormulas(train)
    let upper = try upperFormulas(validate)
    let plans =
      try Program.arenaByteCount(lower.trace.graph, lower.requests, options.precision)
      + Program.arenaByteCount(upper.trace.graph, upper.requests, options.precision)
    return (plans, scratch.byteCount + history.byteCount)
  }
}

extension Implicit {
  /// One gradient and one Hessian-vector product of the lower objective, to be timed. The product needs a gradient
  /// before it.
  ///
  /// - Throws: As ``computeGradients(validate:auxiliaryModel:train:)``.
  package func lowerCalls(
    train: Examples, at point: [Double]
  ) throws -> (gradient: () -> Void, product: () -> Void) {
    let lower = try loadedLowerProgram(train, at: point, "the point")
    _ = lower.gradient()
    lower.linearise()
    lower.vector.copy(from: lower.gradient())
    return ({ _ = lower.gradient() }, { _ = lower.hessianVectorProduct() })
  }
}
