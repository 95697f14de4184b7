import Tensors

/// Reverse-mode differentiation through the lower steps (Franceschi et al., 2017; truncated: Shaban et al., 2019): the
/// hypergradient of F(w_T(u), u) itself, wherever the steps end. Of T steps, the points and optimiser's states of every
/// sqrt(T)-th are kept, and those between are made again: memory grows with sqrt(T), time by one more adaptation.
final class Unrolled: HypergradientMethod {
  static let entry = MethodEntry(
    name: "unrolled", about: "differentiation through the lower steps, or the last of them",
    figures: [
      Figure("rate_slope", "slope in the lower rate", chart: "Slope of F in the lower rate", .mean),
      Figure("products", "products a task", .sum),
    ],
    differentiatesAdaptation: true,
    check: { options, optimizer throws(HypergradientError) in
      try HypergradientError.require(
        optimizer is any DifferentiableOptimizer,
        "method unrolled goes back through lower steps, and those of \(type(of: optimizer)) cannot be "
          + "differentiated; the lower optimiser must be descent, momentum, Nesterov's or Adam")
      let steps = optimizer.schedule.steps
      try HypergradientError.require(
        options.truncation <= steps,
        "truncate is \(options.truncation), and there are \(steps) lower steps; it must be at most "
          + "as many, or 0 for all")
    },
    make: { try Unrolled($0, $1, $2) })

  private let levels: any LevelPrograms
  private let options: MethodOptions
  /// Without the factors that upper parameters may multiply its rates by.
  private let optimizer: any DifferentiableOptimizer
  private let algebra: VectorAlgebra
  /// The first step that is gone back through.
  private let first: Int
  /// Steps between kept ones.
  private let interval: Int
  /// Vectors of a step: the point, and the optimiser's.
  private let width: Int
  /// Steps that are kept, those between two of them, and the last one.
  private let kept, between, end: VectorStore
  /// Cotangents of a step's vectors, and of its gradient.
  private let cotangents: VectorStore

  private init(
    _ levels: any LevelPrograms, _ options: MethodOptions, _ optimizer: any LowerOptimizer
  ) throws {
    guard let optimizer = optimizer as? any DifferentiableOptimizer else {
      fatalError("the optimiser was checked before")
    }
    self.levels = levels
    self.options = options
    self.optimizer = optimizer
    algebra = levels.algebra
    let steps = optimizer.schedule.steps
    let back = options.truncation > 0 ? options.truncation : steps
    first = steps - back
    interval = max(1, Int(Double(back).squareRoot().rounded(.up)))
    width = 1 + type(of: optimizer).stateVectors
    func store(_ vectors: Int) throws(TensorError) -> VectorStore {
      try VectorStore(
        vectors: vectors, count: levels.counts.lower, levels.algebra.precision,
        for: "the lower steps that are gone back through")
    }
    kept = try store((back + interval - 1) / interval * width)
    between = try store(interval * width)
    end = try store(width)
    cotangents = try store(width + 1)
  }

  var byteCount: Int { [kept, between, end, cotangents].reduce(0) { $0 + $1.byteCount } }

  func hypergradient(
    _ task: LowerTask, into hypergradient: inout [Double]
  ) throws -> MethodOutcome {
    var norm: Double?
    try task.adapt { [self] step in
      if step >= first, (step - first) % interval == 0 {
        task.save(to: kept, at: (step - first) / interval * width)
      }
    } observe: { _, gradient in
      norm = task.stationarity(gradient)
    }
    task.save(to: end, at: 0)
    let steps = task.steps
    let start = try startPullBack(task)
    // Nothing here asks for a minimum: the last gradient that there was tells as much as another one would, and all that it
    // was made of is in the lower program still.
    if norm == nil { try task.loadSolve() }
    let point = try AdaptedPoint(
      task.lower, task.data.validate, levels, task, gradientNorm: norm,
      isMoved: options.startsAtUpper || start != nil || levels.learnedRates != nil)
    for index in hypergradient.indices { hypergradient[index] = point.direct[index] }
    cotangents[0].copy(from: point.g)
    for index in 1..<width { algebra.clear(cotangents[index]) }
    guard let optimizer = task.optimizer as? any DifferentiableOptimizer else {
      fatalError("the optimiser was checked before")
    }
    var slope = 0.0
    for segment in stride(from: first, to: steps, by: interval).reversed() {
      try replay(segment..<min(segment + interval, steps), task)
      for step in (segment..<min(segment + interval, steps)).reversed() {
        slope += try goBack(
          step, in: segment, task, optimizer, isLast: step == first && start == nil, &hypergradient)
      }
    }
    task.restore(from: end, at: 0, steps: steps)
    if let received = start?(cotangents[0]) {
      for index in hypergradient.indices { hypergradient[index] += received[index] }
    }
    let products = Double(max(0, 2 * (steps - first) - (start == nil ? 1 : 0)))
    return try point.outcome(hypergradient, figures: [slope, products])
  }

  /// What the upper parameters receive of the start's cotangent; nil where they do nothing to where adaptation starts, or it is
  /// not gone back to.
  private func startPullBack(_ task: LowerTask) throws -> ((Elements) -> Elements)? {
    guard first == 0, task.kept?.hasPoint != true else { return nil }
    if options.startsAtUpper { return { $0 } }
    return try levels.start().map { program in { program.pullBack($0) } }
  }

  /// What the upper parameters do to a step's rate, of a part of the lower parameters, where they are factors of it.
  private func add(
    _ slope: Double, ofStep step: Int, part: Int = 0, to hypergradient: inout [Double]
  ) {
    guard let range = levels.learnedRates, let rated = optimizer as? any RatedOptimizer else {
      return
    }
    let parts = levels.ratedPartCount
    let own = min(step, range.count / parts - 1) * parts + part
    hypergradient[range.lowerBound + own] += slope * rated.rate(ofStep: step)
  }

  /// Makes steps again from a kept one, and keeps each.
  private func replay(_ steps: Range<Int>, _ task: LowerTask) throws {
    let segment = (steps.lowerBound - first) / interval
    task.restore(from: kept, at: segment * width, steps: steps.lowerBound)
    for step in steps {
      task.save(to: between, at: (step - steps.lowerBound) * width)
      if step + 1 < steps.upperBound { task.makeStep(along: try task.gradient(step)) }
    }
  }

  /// Goes back through a step; gives the derivative by its rate. What the point before the last of them receives is not asked for.
  private func goBack(
    _ step: Int, in segment: Int, _ task: LowerTask, _ optimizer: any DifferentiableOptimizer,
    isLast: Bool, _ hypergradient: inout [Double]
  ) throws -> Double {
    let place = (step - segment) * width
    task.restore(from: between, at: place, steps: step)
    let gradient = try task.gradientAgain(step)
    let result = cotangents[width]
    let (state, own) = (
      (1..<width).map { between[place + $0] }, (1..<width).map { cotangents[$0] }
    )
    var slope = 0.0
    if let parted = optimizer as? any PartedOptimizer {
      let slopes = parted.slopes(
        task.count, gradient: gradient, state: state, point: cotangents[0], own, into: result,
        algebra)
      for (part, byPart) in slopes.enumerated() {
        add(byPart, ofStep: step, part: part, to: &hypergradient)
        slope += byPart
      }
    } else {
      slope = optimizer.pullBack(
        task.count, gradient: gradient, state: state, point: cotangents[0], own, into: result,
        algebra)
      add(slope, ofStep: step, to: &hypergradient)
    }
    let lower = task.lower
    lower.linearise()
    lower.vector.copy(from: result)
    let mixed = lower.mixedProduct()
    for index in hypergradient.indices { hypergradient[index] += mixed[index] }
    if isLast { return slope }
    // A product may overwrite its vector.
    lower.vector.copy(from: result)
    algebra.add(1, lower.hessianVectorProduct(), to: cotangents[0])
    return slope
  }
}

extension MethodName {
  /// `unrolled`: differentiation through the lower steps.
  public static let unrolled = MethodName(Unrolled.entry)
}
