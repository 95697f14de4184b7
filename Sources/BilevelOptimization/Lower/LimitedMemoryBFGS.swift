import Tensors

/// L-BFGS (Liu and Nocedal, 1989): steps along an estimate of -H^-1 df/dw that is made of the last changes of point and
/// gradient, with backtracking. For smooth objectives over all examples. Each step computes one gradient; the last one only
/// judges.
public struct LimitedMemoryBFGS: LowerOptimizer {
  /// The changes that are kept.
  public static let memory = 8
  /// The length of the first step, in gradients, above 0.
  public let learningRate: Double
  /// How many gradients, and when to stop before.
  public let schedule: AdaptationSchedule
  /// Those of the line search, the best point's gradient, and two a change, one of which may turn out to be none.
  public static var stateVectors: Int { LineSearch.vectors + 1 + 2 * (memory + 1) }
  /// Each adaptation begins anew.
  public static var keepsState: Bool { false }
  /// Losses decide.
  public static var usesLoss: Bool { true }
  /// A step is kept or shortened by what became of the loss.
  public static var comparesLosses: Bool { true }

  /// L-BFGS.
  ///
  /// - Parameters:
  ///   - learningRate: The length of the first step, in gradients, finite and above 0.
  ///   - steps: The most gradients, 0 or more; the last one only judges, so that 1 changes nothing.
  ///   - gradientTolerance: Stops when the gradient's norm is below; 0 never does.
  /// - Throws: ``HypergradientError`` of code `parameter` for one outside its range.
  public init(
    learningRate: Double, steps: Int, gradientTolerance: Double = 0
  ) throws(HypergradientError) {
    try HypergradientError.requireRate(learningRate)
    self.learningRate = learningRate
    schedule = try AdaptationSchedule(steps: steps, gradientTolerance: gradientTolerance)
  }

  /// Makes one step.
  public func update(
    _ step: Int, along gradient: Elements, loss: Double, _ point: Elements, state: VectorStore,
    _ algebra: VectorAlgebra
  ) {
    let isChange = step > 0 && note(gradient, at: point, state, algebra)
    if LineSearch.accepts(step, point, loss: loss, state) {
      if isChange { state.scalars[Self.count] += 1 }
      bestGradient(state).copy(from: gradient)
      LineSearch.begin(slope: direct(gradient, state, algebra), state)
    } else {
      LineSearch.shorten(loss: loss, state)
    }
    LineSearch.move(point, isLast: step + 1 >= schedule.steps, state, algebra)
  }

  /// How many changes were kept so far.
  private static let count = 3

  private func bestGradient(_ state: VectorStore) -> Elements { state[LineSearch.vectors] }

  /// A change of the point, and of the gradient: the i-th that was ever kept.
  private func change(_ index: Int, _ state: VectorStore) -> (point: Elements, gradient: Elements) {
    let place = LineSearch.vectors + 1 + 2 * (index % (Self.memory + 1))
    return (state[place], state[place + 1])
  }

  /// Writes the change since the best point into the next place, to be kept if the point is accepted; false where nothing is
  /// to be learnt of it, because the objective did not curve upwards.
  private func note(
    _ gradient: Elements, at point: Elements, _ state: VectorStore, _ algebra: VectorAlgebra
  ) -> Bool {
    let next = change(Int(state.scalars[Self.count]), state)
    next.point.copy(from: point)
    algebra.add(-1, LineSearch.best(state), to: next.point)
    next.gradient.copy(from: gradient)
    algebra.add(-1, bestGradient(state), to: next.gradient)
    let size = algebra.dot(next.gradient, next.gradient)
    return algebra.dot(next.point, next.gradient) > 1e-10 * size
  }

  /// Sets the direction, by the two loops of the paper's algorithm 2.1; gives the slope along it.
  private func direct(
    _ gradient: Elements, _ state: VectorStore, _ algebra: VectorAlgebra
  ) -> Double {
    let direction = LineSearch.direction(state)
    let count = Int(state.scalars[Self.count])
    let kept = max(0, count - Self.memory)..<count
    direction.copy(from: gradient)
    var parts: [Double] = []
    for index in kept.reversed() {
      let (s, y) = change(index, state)
      let part = algebra.dot(s, direction) / algebra.dot(s, y)
      algebra.add(-part, y, to: direction)
      parts.append(part)
    }
    if let last = kept.last {
      let (s, y) = change(last, state)
      algebra.scale(direction, by: algebra.dot(s, y) / algebra.dot(y, y))
    } else {
      algebra.scale(direction, by: learningRate)
    }
    for (index, part) in zip(kept, parts.reversed()) {
      let (s, y) = change(index, state)
      let other = algebra.dot(y, direction) / algebra.dot(s, y)
      algebra.add(part - other, s, to: direction)
    }
    algebra.scale(direction, by: -1)
    let slope = algebra.dot(direction, gradient)
    if slope < 0 { return slope }
    // Rounding has made the estimate worthless: it begins anew.
    state.scalars[Self.count] = 0
    direction.copy(from: gradient)
    algebra.scale(direction, by: -learningRate)
    return algebra.dot(direction, gradient)
  }
}
