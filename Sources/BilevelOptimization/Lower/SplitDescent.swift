import Tensors

/// Gradient descent for lower objectives L(w) + (pull / 2) ||w - start||^2 that takes its steps along L alone, and after the
/// last of them one along the pull alone: w = w - learningRate * pull * (w - start). The official code of iMAML
/// (Rajeswaran et al., 2019) adapts so. The start is where the adaptation starts: the objective must pull there.
public struct SplitDescent: LowerOptimizer {
  /// The step size, above 0.
  public let learningRate: Double
  /// The strength of the pull in the lower objective, 0 or more.
  public let pull: Double
  /// How many steps, and when to stop before; a stop before the last leaves out the step along the pull.
  public let schedule: AdaptationSchedule
  /// 2: the start, and the point before a step.
  public static var stateVectors: Int { 2 }
  /// Each adaptation has its own start.
  public static var keepsState: Bool { false }

  /// Gradient descent with the pull last.
  ///
  /// - Parameters:
  ///   - learningRate: The step size, finite and above 0.
  ///   - pull: The strength of the pull that the lower objective contains, finite and 0 or more.
  ///   - steps: The most steps along L, 0 or more; the one along the pull is not counted.
  ///   - gradientTolerance: Stops before a step when the norm of the whole objective's gradient is below; 0 never does.
  /// - Throws: ``HypergradientError`` of code `parameter` for one outside its range.
  public init(
    learningRate: Double, pull: Double, steps: Int, gradientTolerance: Double = 0
  ) throws(HypergradientError) {
    try HypergradientError.requireRate(learningRate)
    try HypergradientError.require(
      pull.isFinite && pull >= 0, "pull is \(pull); it must be finite and 0 or more")
    self.learningRate = learningRate
    self.pull = pull
    schedule = try AdaptationSchedule(steps: steps, gradientTolerance: gradientTolerance)
  }

  /// Makes one step.
  public func update(
    _ step: Int, along gradient: Elements, loss: Double, _ point: Elements, state: VectorStore,
    _ algebra: VectorAlgebra
  ) {
    let (start, before) = (state[0], state[1])
    if step == 0 { start.copy(from: point) }
    before.copy(from: point)
    algebra.add(-learningRate, gradient, to: point)
    move(point, by: learningRate * pull, from: start, to: before, algebra)
    guard step + 1 == schedule.steps else { return }
    before.copy(from: point)
    move(point, by: -learningRate * pull, from: start, to: before, algebra)
  }

  /// point = point + share * (end - start).
  private func move(
    _ point: Elements, by share: Double, from start: Elements, to end: Elements,
    _ algebra: VectorAlgebra
  ) {
    algebra.add(share, end, to: point)
    algebra.add(-share, start, to: point)
  }
}
