import Tensors

/// Gradient descent: w = w - learningRate * df/dw.
public struct GradientDescent: LowerOptimizer {
  /// The step size, above 0.
  public internal(set) var learningRate: Double
  /// How many steps, and when to stop before.
  public let schedule: AdaptationSchedule
  /// None.
  public static var stateVectors: Int { 0 }

  /// Gradient descent.
  ///
  /// - Parameters:
  ///   - learningRate: The step size, finite and above 0.
  ///   - steps: The most steps, 0 or more.
  ///   - gradientTolerance: Stops before a step when the gradient's norm is below; 0 never does.
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
    algebra.add(-learningRate, gradient, to: point)
  }
}

/// Heavy ball (Polyak, 1964): m = momentum * m + df/dw; w = w - learningRate * m. With Nesterov's acceleration (as in
/// Sutskever et al., 2013) w = w - learningRate * (df/dw + momentum * m). Every adaptation starts with m = 0, unless tasks
/// keep theirs.
public struct Momentum: LowerOptimizer {
  /// The step size, above 0.
  public internal(set) var learningRate: Double
  /// The part of m that stays, from 0 to below 1.
  public let momentum: Double
  /// Whether it is Nesterov's.
  public let isNesterov: Bool
  /// How many steps, and when to stop before.
  public let schedule: AdaptationSchedule
  /// 1: m.
  public static var stateVectors: Int { 1 }

  /// Gradient descent with momentum.
  ///
  /// - Parameters:
  ///   - learningRate: The step size, finite and above 0.
  ///   - momentum: From 0 to below 1.
  ///   - isNesterov: Whether it is Nesterov's.
  ///   - steps: The most steps, 0 or more.
  ///   - gradientTolerance: Stops before a step when the gradient's norm is below; 0 never does.
  /// - Throws: ``HypergradientError`` of code `parameter` for one outside its range.
  public init(
    learningRate: Double, momentum: Double = 0.9, isNesterov: Bool = false, steps: Int,
    gradientTolerance: Double = 0
  ) throws(HypergradientError) {
    try HypergradientError.requireRate(learningRate)
    try HypergradientError.requireFraction(momentum, "momentum")
    self.learningRate = learningRate
    self.momentum = momentum
    self.isNesterov = isNesterov
    schedule = try AdaptationSchedule(steps: steps, gradientTolerance: gradientTolerance)
  }

  /// Makes one step.
  public func update(
    _ step: Int, along gradient: Elements, loss: Double, _ point: Elements, state: VectorStore,
    _ algebra: VectorAlgebra
  ) {
    algebra.replace(state[0], by: gradient, plus: momentum)
    algebra.add(-learningRate * (isNesterov ? momentum : 1), state[0], to: point)
    if isNesterov { algebra.add(-learningRate, gradient, to: point) }
  }
}

extension HypergradientError {
  static func requireRate(_ rate: Double) throws(HypergradientError) {
    try require(
      rate.isFinite && rate > 0, "learningRate is \(rate); it must be finite and above 0")
  }

  static func requireFraction(_ value: Double, _ name: String) throws(HypergradientError) {
    try require(
      value >= 0 && value < 1, "\(name) is \(value); it must be from 0 to below 1")
  }
}
