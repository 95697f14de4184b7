import Tensors

/// SABA (Dagreou, Ablin, Vaiter and Moreau, 2022, algorithm 2): SOBA with variance reduction as in SAGA. Each level's examples
/// fall into blocks, and a task keeps what every block gave when it was last picked. With one block of each level picked, every
/// quantity is estimated by what the block gives now, less what it gave then, plus the mean over all blocks; then at the old w, v
/// and u, with the estimates,
///
///     v' = v - a (H v - g),   hypergradient d - C v,   w' by the lower optimiser
final class VarianceReduced: HypergradientMethod {
  static let entry = MethodEntry(
    name: "saba", about: "soba with variance reduction over blocks of the examples (SABA)",
    figures: [
      Figure("residual", "residual", chart: "Residual of the linear system", .mean),
      Figure("products", "products a task", .sum),
    ],
    vectors: { options in
      func table(_ name: String, _ level: KeptVector.Level, _ count: Int) -> [KeptVector] {
        [KeptVector("\(name).mean", level)] + (0..<count).map { KeptVector("\(name).\($0)", level) }
      }
      let (train, validate) = (options.blocks, options.validationBlocks)
      return ["solution"] + table("gradient", .lower, train) + table("product", .lower, train)
        + table("mixed", .upper, train) + table("upper-gradient", .lower, validate)
        + table("direct", .upper, validate)
    },
    check: { options, optimizer throws(HypergradientError) in
      let steps = optimizer.schedule.steps
      try HypergradientError.require(
        options.keepsPoint && steps == 1,
        "method saba makes one lower step in every upper step, from where the last one ended, and "
          + "there are \(steps) from \(options.keepsPoint ? "there" : "a new start"); it must be one, "
          + "with start previous")
    }
  ) { levels, options, _ in try VarianceReduced(levels, options) }

  /// The quantities, and the first of their vectors in a task's state: after the solution.
  private enum Quantity: Int, CaseIterable {
    case gradient, product, mixed, upperGradient, direct

    /// Whether it is of the lower objective's blocks.
    var isOfLower: Bool { rawValue < Quantity.upperGradient.rawValue }
  }

  private let levels: any LevelPrograms
  private let options: MethodOptions
  private let algebra: VectorAlgebra
  /// v before and after the step, and what the picked blocks give now: as long as the lower, and as the upper parameters.
  private let scratch, upperScratch: VectorStore
  /// The estimates.
  private let estimates, upperEstimates: VectorStore
  /// What is to be kept once the step is found to be good.
  private var picked = (train: 0, validate: 0)

  private init(_ levels: any LevelPrograms, _ options: MethodOptions) throws {
    self.levels = levels
    self.options = options
    algebra = levels.algebra
    func store(_ vectors: Int, _ count: Int) throws(TensorError) -> VectorStore {
      try VectorStore(
        vectors: vectors, count: count, levels.algebra.precision, for: "variance reduction")
    }
    scratch = try store(5, levels.counts.lower)
    upperScratch = try store(2, levels.counts.upper)
    estimates = try store(3, levels.counts.lower)
    upperEstimates = try store(2, levels.counts.upper)
  }

  var byteCount: Int {
    [scratch, upperScratch, estimates, upperEstimates].reduce(0) { $0 + $1.byteCount }
  }

  /// v before and after the step.
  private var before: Elements { scratch[0] }
  private var after: Elements { scratch[1] }

  /// What a picked block gives now.
  private func current(_ quantity: Quantity) -> Elements {
    switch quantity {
    case .gradient: scratch[2]
    case .product: scratch[3]
    case .mixed: upperScratch[0]
    case .upperGradient: scratch[4]
    case .direct: upperScratch[1]
    }
  }

  private func estimate(_ quantity: Quantity) -> Elements {
    switch quantity {
    case .gradient: estimates[0]
    case .product: estimates[1]
    case .mixed: upperEstimates[0]
    case .upperGradient: estimates[2]
    case .direct: upperEstimates[1]
    }
  }

  /// The blocks of a quantity's level.
  private func blocks(_ quantity: Quantity) -> Int {
    quantity.isOfLower ? options.blocks : options.validationBlocks
  }

  /// Where a quantity's table has the picked block.
  private func picked(_ quantity: Quantity, in state: LowerState) -> Elements {
    entry(quantity, quantity.isOfLower ? picked.train : picked.validate, in: state)
  }

  /// A place of a quantity's table.
  private func entry(_ quantity: Quantity, _ block: Int, in state: LowerState) -> Elements {
    state.methodVector(place(ofTable: quantity) + 1 + block)
  }

  /// The mean over a quantity's table, which comes before it.
  private func mean(_ quantity: Quantity, in state: LowerState) -> Elements {
    state.methodVector(place(ofTable: quantity))
  }

  /// Where a quantity's vectors begin: after the solution.
  private func place(ofTable quantity: Quantity) -> Int {
    Quantity.allCases.prefix(quantity.rawValue).reduce(1) { $0 + 1 + blocks($1) }
  }

  func keep(in state: LowerState) {
    state.keep(after, at: 0)
    for quantity in Quantity.allCases {
      let (then, now, part) = (picked(quantity, in: state), current(quantity), part(quantity))
      algebra.add(-part, then, to: mean(quantity, in: state))
      algebra.add(part, now, to: mean(quantity, in: state))
      then.copy(from: now)
      // Else rounding would add up from step to step.
      if state.steps.isMultiple(of: blocks(quantity)) { findMean(quantity, in: state) }
    }
  }

  /// What one block counts for in a mean.
  private func part(_ quantity: Quantity) -> Double { 1 / Double(blocks(quantity)) }

  /// The mean over a quantity's table, from the whole of it.
  private func findMean(_ quantity: Quantity, in state: LowerState) {
    let mean = mean(quantity, in: state)
    algebra.clear(mean)
    for block in 0..<blocks(quantity) {
      algebra.add(part(quantity), entry(quantity, block, in: state), to: mean)
    }
  }

  func hypergradient(
    _ task: LowerTask, into hypergradient: inout [Double]
  ) throws -> MethodOutcome {
    guard let blocks = task.data.blocks, let state = task.kept else {
      throw HypergradientError(
        .parameter, "method saba is over blocks of rows, and the task's examples are no rows")
    }
    picked = blocks.picked
    let kept = state.keptVector(0)
    if let kept { before.copy(from: kept) } else { algebra.clear(before) }
    if state.steps == 0 || kept == nil { try fill(state, task, blocks) }
    let validate = try blocks.validate(picked.validate)
    try findLower(task, blocks.train(picked.train))
    let point = try AdaptedPoint(
      task.lower, validate, levels, task, lowerGradient: current(.gradient))
    current(.upperGradient).copy(from: point.g)
    current(.direct).copy(from: point.direct)
    for quantity in Quantity.allCases { estimate(quantity, in: state) }
    // H v + damping v - g.
    after.copy(from: estimate(.product))
    algebra.add(options.damping, before, to: after)
    algebra.add(-1, estimate(.upperGradient), to: after)
    let residual = algebra.norm(after)
    algebra.scale(after, by: -options.rate)
    algebra.add(1, before, to: after)
    estimate(.direct).subtract(1, times: estimate(.mixed), into: &hypergradient)
    let outcome = try point.outcome(
      hypergradient, figures: [residual.isFinite ? residual : .nan, 2],
      "lower lower-rate, which is also the step of the linear system")
    task.makeStep(along: estimate(.gradient))
    return outcome
  }

  /// df/dw, H v and C v of a block.
  private func findLower(_ task: LowerTask, _ examples: Examples) throws {
    let lower = try task.load(examples)
    current(.gradient).copy(from: lower.gradient())
    lower.linearise()
    lower.vector.copy(from: before)
    current(.product).copy(from: lower.hessianVectorProduct())
    lower.vector.copy(from: before)
    current(.mixed).copy(from: lower.mixedProduct())
  }

  /// Fills the tables of a task that is new.
  private func fill(_ state: LowerState, _ task: LowerTask, _ blocks: any Blocks) throws {
    for block in 0..<options.blocks {
      try findLower(task, blocks.train(block))
      for quantity in [Quantity.gradient, .product, .mixed] {
        entry(quantity, block, in: state).copy(from: current(quantity))
      }
    }
    for block in 0..<options.validationBlocks {
      let (_, g, direct) = try levels.upper(blocks.validate(block)).evaluate(at: task.lower.point)
      entry(.upperGradient, block, in: state).copy(from: g)
      entry(.direct, block, in: state).copy(from: direct)
    }
    for quantity in Quantity.allCases { findMean(quantity, in: state) }
  }

  /// What the block gives now, less what it gave then, plus the mean over all.
  private func estimate(_ quantity: Quantity, in state: LowerState) {
    let result = estimate(quantity)
    result.copy(from: mean(quantity, in: state))
    algebra.add(1, current(quantity), to: result)
    algebra.add(-1, picked(quantity, in: state), to: result)
  }
}

extension MethodName {
  /// `saba`: single-loop steps with variance reduction.
  public static let varianceReduced = MethodName(VarianceReduced.entry)
}
