import Tensors

/// Adam (Kingma and Ba, 2015, algorithm 1) on the lower parameters; every adaptation starts with moments of 0.
public struct LowerAdam: LowerOptimizer {
  /// How many steps, and when to stop before.
  public let schedule: AdaptationSchedule
  /// 2: the first and second moments.
  public static var stateVectors: Int { 2 }
  /// The second.
  public static var secondMoment: Int? { 1 }
  /// The step size, above 0.
  public internal(set) var learningRate: Double
  let rule: AdamRule

  /// Adam with the paper's defaults but for the learning rate.
  ///
  /// - Parameters:
  ///   - learningRate: The step size, finite and above 0; 0.001 in the paper.
  ///   - beta1: The part of the first moment that stays, from 0 to below 1.
  ///   - beta2: The part of the second moment that stays, from 0 to below 1.
  ///   - epsilon: Added to the root of the second moment, finite and above 0.
  ///   - steps: The most steps, 0 or more.
  ///   - gradientTolerance: Stops before a step when the gradient's norm is below; 0 never does.
  /// - Throws: ``HypergradientError`` of code `parameter` for one outside its range.
  public init(
    learningRate: Double, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    steps: Int, gradientTolerance: Double = 0
  ) throws(HypergradientError) {
    try HypergradientError.requireRate(learningRate)
    self.learningRate = learningRate
    rule = try AdamRule(beta1: beta1, beta2: beta2, epsilon: epsilon)
    schedule = try AdaptationSchedule(steps: steps, gradientTolerance: gradientTolerance)
  }

  /// Makes one step.
  public func update(
    _ step: Int, along gradient: Elements, loss: Double, _ point: Elements, state: VectorStore,
    _ algebra: VectorAlgebra
  ) {
    let corrections = rule.corrections(step)
    algebra.update(point, state[0], state[1], along: gradient) { w, first, second, slope in
      w -= rule.step(slope, &first, &second, corrections, learningRate: learningRate)
    }
  }
}
