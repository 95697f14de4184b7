import Models
import Tensors

/// Both levels of a problem as methods see them: programs over examples, with the upper parameters set.
package protocol LevelPrograms: AnyObject {
  /// The vectors' arithmetic.
  var algebra: VectorAlgebra { get }
  /// How many upper parameters, and how many lower ones.
  var counts: (upper: Int, lower: Int) { get }
  /// The lower model's parameters.
  var lowerParameters: [Parameter] { get }
  /// What lower parameters are of the lower objective.
  var lowerLevel: LowerLevel { get }
  /// What the upper parameters make of every lower step's rate: a factor for each step, or one for all; nil for nothing.
  var rateFactors: [Double]? { get }
  /// The upper parameters that these factors are.
  var learnedRates: Range<Int>? { get }
  /// The lower parameters that have factors of their own, step by step; none where all have the same.
  var ratedParts: [Range<Int>] { get }
  /// Whether errors about numbers that are not finite say what made them, which takes some hundred times as long as
  /// making them did.
  var explainsNonFinite: Bool { get set }
  /// Adds up what the lower objective is over slabs of its rows; nil where it is computed over all of them at once. Set before
  /// it is computed.
  var slabs: SlabSums? { get set }

  /// The lower program of the examples' form, with the upper parameters and the examples set.
  func lower(_ examples: Examples) throws -> any LowerProgram
  /// The upper program with gradients, likewise.
  func upper(_ examples: Examples) throws -> UpperGradients
  /// The upper program without them, likewise: a third of the work.
  func upperLoss(_ examples: Examples) throws -> UpperProgram
  /// Where adaptation starts, as a function of the upper parameters, with these set; nil where it is none.
  func start() throws -> StartProgram?
  /// Vectors for an optimiser's state, zero: made once, used again by every adaptation.
  func optimizerState(vectors: Int) throws(TensorError) -> VectorStore
}

extension LevelPrograms {
  /// How many factors a lower step's rate has: one where all parameters have the same.
  var ratedPartCount: Int { max(ratedParts.count, 1) }

  /// The lower program with the point set, too; errors call the point `name`.
  package func lower(
    _ examples: Examples, at point: [Double], _ name: String
  ) throws -> any LowerProgram {
    guard point.count == counts.lower else {
      throw HypergradientError(
        .shape,
        "\(name) has \(point.count) parameters, but the lower model has \(counts.lower); "
          + "adapt this lower model, from as many values")
    }
    let program = try lower(examples)
    program.point.set(point)
    return program
  }

  /// Throws unless a number is finite, with its cause where that is to be looked for.
  func requireFinite(
    _ value: Double, _ what: @autoclosure () -> String, _ remedy: String,
    _ cause: () throws -> NonFiniteCause?
  ) throws {
    try HypergradientError.requireFinite(value, what(), remedy) {
      explainsNonFinite ? try cause() : nil
    }
  }

  /// Throws where neither objective depends on the upper model.
  func requireDependence(
    _ lower: any LowerProgram, _ upper: UpperGradients
  ) throws(HypergradientError) {
    guard lower.dependsOnUpper || upper.dependsOnUpper else {
      throw HypergradientError(
        .noDependence,
        "neither objective depends on the upper model: there is nothing to learn; "
          + "use state.upperModel in one of them")
    }
  }
}

/// Two models and two objectives, planned once for each form (names and shapes) of data that they meet.
package final class Levels<Upper, Lower>: LevelPrograms {
  package let upperModel: Model<Upper>
  package let lowerModel: Model<Lower>
  package let algebra: VectorAlgebra
  package let counts: (upper: Int, lower: Int)
  package var explainsNonFinite = true
  private let upperObjective: Objective<Upper, Lower>
  private let lowerObjective: Objective<Upper, Lower>
  private let kernels: KernelSet
  private let convolutions: ConvolutionRule
  /// Whether lower programs have df/du: plans without it are smaller.
  private let hasDirect: Bool
  private let hasFreshProducts: Bool
  package let lowerLevel: LowerLevel
  package let learnedRates: Range<Int>?
  package let ratedParts: [Range<Int>]
  private let lowerPenalty: Strengths<Upper, Lower>?
  private let lowerStart: Objective<Upper, Lower>?
  private var startProgram: StartProgram?
  private var precision: Precision { algebra.precision }
  private var lowerPrograms = FormedPrograms<PlannedLowerProgram>()
  private var slabbedPrograms = FormedPrograms<SlabbedLowerProgram>()
  package var slabs: SlabSums?
  private var upperPrograms = FormedPrograms<UpperGradients>()
  private var upperLosses = FormedPrograms<UpperProgram>()
  private var state: VectorStore?

  /// Both levels.
  ///
  /// - Parameters:
  ///   - upperObjective: F.
  ///   - upperModel: The upper model.
  ///   - lowerObjective: f; or phi, where the lower level is a fixed point.
  ///   - lowerModel: The lower model.
  ///   - precision: The arithmetic.
  ///   - kernels: The instruction set; nil for the fastest.
  ///   - convolutions: How convolutions are computed.
  ///   - hasDirect: Whether lower programs have df/du.
  ///   - hasFreshProducts: Whether batches have products without gradients.
  ///   - lowerLevel: What lower parameters are of the lower objective.
  ///   - lowerPenalty: Strengths of an L1 penalty on the lower parameters that is added to f, made of the upper model: one
  ///     for each, or one for all.
  ///   - lowerStart: Where adaptation starts, made of the upper model and the lower model's own values.
  ///   - learnedRates: The upper parameters that lower rates are multiplied by: one for all steps, or one for each.
  ///   - ratedParts: The lower parameters that have factors of their own; none where all have the same.
  /// - Throws: `TensorError` for kernels that are not there.
  package init(
    upperObjective: @escaping Objective<Upper, Lower>, upperModel: Model<Upper>,
    lowerObjective: @escaping Objective<Upper, Lower>, lowerModel: Model<Lower>,
    precision: Precision, kernels: KernelSet?, convolutions: ConvolutionRule = .transformed,
    hasDirect: Bool = false, hasFreshProducts: Bool = false,
    lowerLevel: LowerLevel = .minimum, lowerPenalty: Strengths<Upper, Lower>? = nil,
    lowerStart: Objective<Upper, Lower>? = nil, learnedRates: Range<Int>? = nil,
    ratedParts: [Range<Int>] = []
  ) throws {
    self.convolutions = convolutions
    self.hasDirect = hasDirect
    self.hasFreshProducts = hasFreshProducts
    self.lowerLevel = lowerLevel
    self.lowerPenalty = lowerPenalty
    self.lowerStart = lowerStart
    self.learnedRates = learnedRates
    self.ratedParts = ratedParts
    self.upperObjective = upperObjective
    self.upperModel = upperModel
    self.lowerObjective = lowerObjective
    self.lowerModel = lowerModel
    self.kernels = try kernels ?? KernelSet.chosen()
    algebra = try VectorAlgebra(precision, self.kernels)
    counts = (upperModel.count, lowerModel.count)
  }

  package var lowerParameters: [Parameter] { lowerModel.parameters }

  package var rateFactors: [Double]? { learnedRates.map { Array(upperModel.values[$0]) } }

  package func start() throws -> StartProgram? {
    guard let lowerStart else { return nil }
    let program =
      try startProgram ?? StartProgram(lowerStart, upperModel, lowerModel, precision, kernels)
    startProgram = program
    try program.load(upperModel.values, lowerModel.values)
    return program
  }

  /// Values of models are public, so that their lengths are checked here.
  package func lower(_ examples: Examples) throws -> any LowerProgram {
    let held = (upperModel.values.count, upperModel.gradients.count)
    guard held == (counts.upper, counts.upper) else {
      throw HypergradientError(
        .shape,
        "the upper model holds \(held.0) values and \(held.1) gradients, but has "
          + "\(counts.upper) parameters; set as many")
    }
    if let slabs { return try lower(examples, slabs) }
    let program = try lowerPrograms.program(for: examples) { form in
      try PlannedLowerProgram(lowerFormulas(examples), form, precision, kernels, convolutions)
    }
    try program.load(upperModel.values, examples)
    return program
  }

  /// The same in slabs.
  private func lower(_ examples: Examples, _ slabs: SlabSums) throws -> any LowerProgram {
    let program = try slabbedPrograms.program(for: examples) { _ in
      try requireAdditivity(examples, slabs)
      // Slabs are of two forms at the most.
      var formulas: (form: Examples.Form, formulas: PlannedLowerProgram.Formulas)?
      return try SlabbedLowerProgram(examples, counts, precision, slabs) { examples in
        let form = examples.form
        let found = try formulas?.form == form ? formulas!.formulas : lowerFormulas(examples)
        formulas = (form, found)
        return try PlannedLowerProgram(found, form, precision, kernels, convolutions)
      }
    }
    try program.load(upperModel.values, examples)
    return program
  }

  /// Throws where the lower objective is not the mean of its slabs.
  private func requireAdditivity(_ examples: Examples, _ slabs: SlabSums) throws {
    try HypergradientError.require(
      lowerLevel == .minimum,
      "slabs=\(slabs.count): the lower level is a fixed point, which is no sum over rows; set slabs=1"
    )
    guard examples.rowCount >= max(slabs.count, 2) else { return }
    try RowAdditivity(rows: examples.rowCount).check(
      slabs: slabs.count, examples, upper: upperModel.values, lower: lowerModel.values
    ) { examples in
      try PlannedLowerProgram(
        lowerFormulas(examples), examples.form, .double, kernels, convolutions)
    }
  }

  package func upper(_ examples: Examples) throws -> UpperGradients {
    let program = try upperPrograms.program(for: examples) { form in
      try UpperGradients(upperFormulas(examples), form, precision, kernels, convolutions)
    }
    try program.load(upperModel.values, examples)
    return program
  }

  package func upperLoss(_ examples: Examples) throws -> UpperProgram {
    let program = try upperLosses.program(for: examples) { form in
      let formulas = try upperFormulas(examples, hasGradients: false)
      return try UpperProgram(formulas, form, precision, kernels, convolutions)
    }
    try program.load(upperModel.values, examples)
    return program
  }

  package func optimizerState(vectors: Int) throws(TensorError) -> VectorStore {
    if let state, state.vectors >= vectors {
      state.clear()
      return state
    }
    let made = try VectorStore(
      vectors: vectors, count: counts.lower, precision, for: "the lower optimiser's state")
    state = made
    return made
  }

  /// The most bytes of the plans that are kept of each objective.
  package var planMemory: Int {
    get { lowerPrograms.bound }
    set {
      (lowerPrograms.bound, slabbedPrograms.bound) = (newValue, newValue)
      (upperPrograms.bound, upperLosses.bound) = (newValue, newValue)
    }
  }

  /// How many plans are kept: of the lower objective, and of the upper.
  package var planCounts: (lower: Int, upper: Int) { (lowerPrograms.count, upperPrograms.count) }

  /// Bytes that the plans for such examples would take, the kernels' scratch memory aside.
  ///
  /// - Throws: What objectives throw; `TensorError` for data that do not fit them.
  package func planByteCount(train: Examples, validate: Examples) throws -> Int {
    let upper = try upperFormulas(validate)
    var lower = 0
    for part in try slabs?.own(of: train) ?? [train] { lower += try lowerByteCount(part) }
    return try lower
      + Program.arenaByteCount(
        upper.trace.graph, upper.requests, precision, optimisations: convolutions.optimisations)
  }

  private func lowerByteCount(_ examples: Examples) throws -> Int {
    let lower = try lowerFormulas(examples)
    return try Program.arenaByteCount(
      lower.trace.graph, lower.requests, precision,
      optimisations: examples.form.optimisations(convolutions))
  }

  private func lowerFormulas(_ examples: Examples) throws -> PlannedLowerProgram.Formulas {
    try PlannedLowerProgram.formulas(
      lowerObjective, lowerLevel, penalty: lowerPenalty, upperModel, lowerModel, examples.form,
      hasDirect: hasDirect, hasFreshProducts: hasFreshProducts && examples.form.isBatch)
  }

  private func upperFormulas(
    _ examples: Examples, hasGradients: Bool = true
  ) throws -> UpperProgram.Formulas {
    try UpperProgram.formulas(
      upperObjective, upperModel, lowerModel, examples.form, hasGradients: hasGradients)
  }
}
