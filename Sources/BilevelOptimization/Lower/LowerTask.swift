import Tensors

/// One task's lower problem in one upper step, as a method sees it: data, programs, the lower optimiser, and where to
/// begin.
package final class LowerTask {
  package let data: TaskData
  private let rule: LowerRule
  let levels: any LevelPrograms
  /// What the task keeps between upper steps; nil where every adaptation starts anew.
  package let kept: LowerState?
  /// The lower program of the examples that were loaded last, at the point.
  private(set) var lower: any LowerProgram
  /// The lower gradient's norm before the first step; nil where none was made.
  private(set) var startGradientNorm: Double?
  /// Lower steps made.
  package private(set) var steps = 0
  /// Where it begins, unless a state was kept.
  let start: [Double]
  private let state: VectorStore
  private let adapted: () -> Void
  /// The lower step whose examples are loaded; nil for a solve's.
  private var loaded: Int? = 0
  /// The lower step whose gradient the lower program found last; nil where it has other examples since.
  private var found: Int?
  /// The lower step whose masks dropout has.
  private var masked = 0
  private var algebra: VectorAlgebra { levels.algebra }

  /// Prepares a task.
  ///
  /// - Parameters:
  ///   - levels: The problem's programs.
  ///   - data: What both levels see.
  ///   - optimizer: Makes the lower steps.
  ///   - start: Where to begin, unless a state was kept.
  ///   - kept: What the task keeps between upper steps.
  ///   - adapted: Called between adaptation and hypergradient, where they are two things.
  /// - Throws: `TensorError` for data that do not fit, or where there is no memory; ``HypergradientError`` for a start of
  ///   another length; what objectives and data throw.
  package convenience init(
    _ levels: any LevelPrograms, _ data: TaskData, _ optimizer: any LowerOptimizer,
    from start: [Double], keeping kept: LowerState? = nil, adapted: @escaping () -> Void = {}
  ) throws {
    try self.init(
      levels, data, LowerRule(optimizer), from: start, keeping: kept, adapted: adapted)
  }

  /// The same with what is asked of the optimiser found before.
  package init(
    _ levels: any LevelPrograms, _ data: TaskData, _ rule: LowerRule, from start: [Double],
    keeping kept: LowerState? = nil, adapted: @escaping () -> Void = {}
  ) throws {
    self.levels = levels
    self.data = data
    self.rule = rule.times(levels.rateFactors, of: levels.ratedParts)
    self.start = start
    self.kept = kept
    self.adapted = adapted
    lower = try levels.lower(
      data.batches?.lower(step: 0) ?? data.train, at: start, "the start of the adaptation")
    lower.draws = data.draws.lower(0)
    state = try levels.optimizerState(vectors: rule.stateVectors)
    try requireComparableLosses()
    if let kept, kept.hasPoint { kept.load(into: lower.point, state) }
    try loadPenalty()
  }

  /// The optimiser.
  package var optimizer: any LowerOptimizer { rule.optimizer }

  /// How many lower steps, and when to stop before.
  var schedule: AdaptationSchedule { rule.schedule }

  /// Losses of lower steps cannot be compared where each sees something else.
  private func requireComparableLosses() throws(HypergradientError) {
    guard rule.comparesLosses, schedule.steps > 1 else { return }
    try HypergradientError.require(
      data.batches?.differ != true && !lower.isDrawn,
      "the lower optimiser (\(type(of: optimizer))) compares losses of lower steps, and each of them sees "
        + "other examples or random numbers; take all examples (batch=0) without dropout, or "
        + "descent (sgd), momentum, Nesterov or Adam")
  }

  /// Gives an optimiser that needs them the strengths of the problem's penalty.
  private func loadPenalty() throws {
    guard rule.usesPenalty else { return }
    guard let strengths = lower.strengths else {
      throw HypergradientError(
        .parameter,
        "the lower optimiser takes steps along an L1 penalty, and the problem declares none; it must "
          + "declare its strengths, or the optimiser be another one")
    }
    state[0].copy(from: strengths)
  }

  /// The number of the next step to the optimiser's state.
  var count: Int { before + steps }

  /// The lower parameters.
  package var point: [Double] { lower.point.values }

  /// Lower steps that the optimiser's state has behind it.
  private var before: Int { rule.keepsState ? kept?.steps ?? 0 : 0 }

  /// Loads other examples; the point stays, and so does the lower step that masks are of.
  @discardableResult
  func load(_ examples: Examples) throws -> any LowerProgram {
    let next = try levels.lower(examples)
    if next !== lower { next.point.copy(from: lower.point) }
    next.draws = data.draws.lower(masked)
    lower = next
    found = nil
    return next
  }

  /// Makes the scheduled lower steps; `observe` is called with each gradient, before its step. Allocates nothing where
  /// there are no batches.
  ///
  /// - Parameters:
  ///   - before: Called before each step, with its number.
  ///   - observe: Called with each gradient, before its step.
  /// - Throws: What data and objectives throw.
  package func adapt(
    before: (Int) -> Void = { _ in }, observe: (any LowerProgram, Elements) -> Void = { _, _ in }
  ) throws {
    let schedule = rule.schedule
    for step in 0..<schedule.steps {
      before(step)
      let gradient = try gradient(step)
      observe(lower, gradient)
      let tolerance = schedule.gradientTolerance * data.tightness
      if tolerance > 0, stationarity(gradient) < tolerance { break }
      makeStep(along: gradient)
    }
    adapted()
  }

  /// The gradient of a lower step's examples at the point; valid until the lower program runs at another.
  func gradient(_ step: Int) throws -> Elements {
    masked = step
    if loaded != step, let batches = data.batches { try load(batches.lower(step: step)) }
    loaded = step
    lower.draws = data.draws.lower(step)
    let gradient = lower.gradient()
    found = step
    if step == 0 { startGradientNorm = stationarity(gradient) }
    return gradient
  }

  /// The gradient of a step that was made, at the point where it began: with what the lower program has of it, where it was the
  /// last one there.
  func gradientAgain(_ step: Int) throws -> Elements {
    found == step ? lower.lastGradient : try gradient(step)
  }

  /// How far the point is from being stationary: the gradient's norm; where lower parameters stay in a set, that of the way
  /// which a step of rate 1 goes within it; where there is an L1 penalty that the optimiser knows, that of the smallest
  /// subgradient.
  func stationarity(_ gradient: Elements) -> Double {
    let norm = algebra.norm(gradient)
    guard norm.isFinite else { return norm }
    if let set = rule.set {
      let point = lower.point.values
      var moved = zip(point, gradient.values).map { $0 - $1 }
      set.project(&moved)
      return zip(moved, point).map { $0 - $1 }.euclideanNorm
    }
    guard rule.usesPenalty, let strengths = lower.strengths else { return norm }
    let point = lower.point
    return (0..<gradient.count).map { index in
      point[index] == 0 ? max(abs(gradient[index]) - strengths[index], 0) : gradient[index]
    }.euclideanNorm
  }

  /// The same at another point, which becomes the task's.
  func gradient(_ step: Int, at point: Elements) throws -> Elements {
    lower.point.copy(from: point)
    return try gradient(step)
  }

  /// The optimiser's mean of squared gradients; nil where it has none.
  var secondMoment: Elements? { rule.secondMoment.map { state[$0] } }

  /// Copies the point and the optimiser's vectors to a place of a store, as many as there are.
  func save(to store: VectorStore, at place: Int) {
    store[place].copy(from: lower.point)
    for index in 0..<rule.stateVectors {
      store[place + 1 + index].copy(from: state[index])
    }
  }

  /// Goes back to what was saved, and to a number of steps.
  func restore(from store: VectorStore, at place: Int, steps: Int) {
    lower.point.copy(from: store[place])
    for index in 0..<rule.stateVectors {
      state[index].copy(from: store[place + 1 + index])
    }
    self.steps = steps
  }

  /// Makes the optimiser's next step.
  func makeStep(along gradient: Elements) {
    if let newton = rule.newton {
      let (program, loss) = (lower, lower.loss())
      program.linearise()
      newton.update(
        count, along: gradient, loss: loss, lower.point, state: state, algebra
      ) { vector in
        program.vector.copy(from: vector)
        return program.hessianVectorProduct()
      }
      steps += 1
      return
    }
    let loss = rule.usesLoss ? lower.loss() : .nan
    rule.optimizer.update(
      count, along: gradient, loss: loss, lower.point, state: state, algebra)
    steps += 1
  }

  /// Loads the examples that products are over, if they are not those of the steps.
  func loadSolve(product: Int = 0) throws {
    guard let batches = data.batches else { return }
    try load(batches.solve(product: product))
    loaded = nil
  }

  /// Keeps point and optimiser's state for the task's next upper step.
  package func commit() { kept?.keep(lower.point, state, steps: steps) }

  /// Adapts again, and finds what first made a number of a lower gradient that is not finite.
  ///
  /// - Returns: The cause, with the lower step; `nil` where all gradients are finite, or the start is gone.
  func causeOfNonFinite() throws -> NonFiniteCause? {
    guard kept?.hasPoint != true else { return nil }
    lower.point.set(start)
    state.clear()
    try loadPenalty()
    steps = 0
    var found: (step: Int, point: [Double])?
    try adapt(observe: { lower, gradient in
      if found == nil, !algebra.norm(gradient).isFinite { found = (steps, lower.point.values) }
    })
    guard let found else { return nil }
    masked = found.step
    if let batches = data.batches { try load(batches.lower(step: found.step)) }
    lower.point.set(found.point)
    let largest = found.point.map { abs($0) }.max() ?? 0
    return try lower.originOfNonFinite(in: .gradient)?.at(
      "at lower step \(found.step), with parameters up to \(largest)")
  }
}
