/// Changes upper parameters along a hypergradient. Its state is plain vectors, so that a run can be stored and
/// taken up again exactly.
public protocol UpperOptimizer: Sendable {
  /// A word for it, as configurations write it.
  static var name: String { get }
  /// Named vectors of state, each as long as the parameters (empty before the first step), in a fixed order. A vector
  /// that what is set lacks starts anew; names that the optimiser does not know are left out.
  var state: [(name: String, values: [Double])] { get set }
  /// The number of steps made, set too when a run is taken up again.
  var steps: Int { get set }

  /// Makes one step.
  ///
  /// - Parameters:
  ///   - parameters: Changed in place, as many in every step.
  ///   - hypergradient: The direction of steepest ascent, as long as the parameters.
  mutating func update(_ parameters: inout [Double], along hypergradient: [Double])
}

/// u = u - learningRate * (m = momentum * m + hypergradient), the heavy ball (Polyak, 1964); plain gradient descent at
/// momentum 0.
public struct SGD: UpperOptimizer {
  /// `sgd`.
  public static var name: String { "sgd" }
  /// The step size of each step.
  public let learningRate: SteppedRate
  /// The part of m that stays, from 0 to below 1.
  public let momentum: Double
  /// The number of steps made.
  public var steps = 0
  private var velocity: [Double] = []

  /// Gradient descent, with momentum if it is above 0.
  ///
  /// - Parameters:
  ///   - learningRate: The step size of each step.
  ///   - momentum: From 0 to below 1.
  /// - Throws: ``HypergradientError`` of code `parameter` for one outside its range.
  public init(learningRate: SteppedRate, momentum: Double = 0) throws(HypergradientError) {
    try HypergradientError.requireFraction(momentum, "momentum")
    self.learningRate = learningRate
    self.momentum = momentum
  }

  /// `velocity`: m, as long as the parameters, empty before the first step. None without momentum.
  public var state: [(name: String, values: [Double])] {
    get { momentum == 0 ? [] : [("velocity", velocity)] }
    set { velocity = newValue.first { $0.name == "velocity" }?.values ?? [] }
  }

  /// Makes one step.
  public mutating func update(_ parameters: inout [Double], along hypergradient: [Double]) {
    let rate = learningRate(steps)
    if momentum > 0 {
      velocity.fit(parameters.count)
      for index in velocity.indices {
        velocity[index] = hypergradient[index] + momentum * velocity[index]
      }
    }
    parameters.subtract(rate, times: momentum > 0 ? velocity : hypergradient)
    steps += 1
  }
}

extension SGD {
  /// The same with a constant step size, finite and above 0.
  ///
  /// - Throws: ``HypergradientError`` of code `parameter` for one outside its range.
  public init(learningRate: Double, momentum: Double = 0) throws(HypergradientError) {
    try self.init(learningRate: SteppedRate(learningRate), momentum: momentum)
  }
}

/// Adam (Kingma and Ba, 2015, algorithm 1) on the upper parameters:
/// u = u - learningRate * m / (sqrt(v) + epsilon), with the bias-corrected moments m and v of the hypergradient.
public struct Adam: UpperOptimizer {
  /// `adam`.
  public static var name: String { "adam" }
  /// The number of steps made.
  public var steps = 0
  /// The step size of each step.
  public let learningRate: SteppedRate
  private let rule: AdamRule
  private var first: [Double] = []
  private var second: [Double] = []

  /// Adam with the paper's defaults but for the learning rate.
  ///
  /// - Parameters:
  ///   - learningRate: The step size of each step; 0.001 in the paper.
  ///   - beta1: The part of the first moment that stays, from 0 to below 1.
  ///   - beta2: The part of the second moment that stays, from 0 to below 1.
  ///   - epsilon: Added to the root of the second moment, finite and above 0. It is absolute: hypergradients far below it
  ///     make steps in proportion to them, and hypergradients far above it steps that do not depend on their size.
  /// - Throws: ``HypergradientError`` of code `parameter` for one outside its range.
  public init(
    learningRate: SteppedRate, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8
  ) throws(HypergradientError) {
    self.learningRate = learningRate
    rule = try AdamRule(beta1: beta1, beta2: beta2, epsilon: epsilon)
  }

  /// `first_moment` and `second_moment`, each as long as the parameters, empty before the first step.
  public var state: [(name: String, values: [Double])] {
    get { [("first_moment", first), ("second_moment", second)] }
    set {
      first = newValue.first { $0.name == "first_moment" }?.values ?? []
      second = newValue.first { $0.name == "second_moment" }?.values ?? []
    }
  }

  /// Makes one step.
  public mutating func update(_ parameters: inout [Double], along hypergradient: [Double]) {
    first.fit(parameters.count)
    second.fit(parameters.count)
    let (corrections, rate) = (rule.corrections(steps), learningRate(steps))
    for index in parameters.indices {
      parameters[index] -= rule.step(
        hypergradient[index], &first[index], &second[index], corrections, learningRate: rate)
    }
    steps += 1
  }
}

extension Adam {
  /// The same with a constant step size, finite and above 0.
  ///
  /// - Throws: ``HypergradientError`` of code `parameter` for one outside its range.
  public init(
    learningRate: Double, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8
  ) throws(HypergradientError) {
    try self.init(
      learningRate: SteppedRate(learningRate), beta1: beta1, beta2: beta2, epsilon: epsilon)
  }
}

extension [Double] {
  /// Takes a multiple of as many numbers away.
  fileprivate mutating func subtract(_ factor: Double, times other: [Double]) {
    precondition(other.count == count, "\(other.count) numbers for \(count) parameters")
    withUnsafeMutableBufferPointer { values in
      other.withUnsafeBufferPointer { other in
        for index in values.indices { values[index] -= factor * other[index] }
      }
    }
  }

  /// Zeros, unless it is as long as the parameters already: before the first step.
  fileprivate mutating func fit(_ count: Int) {
    if self.count != count { self = [Double](repeating: 0, count: count) }
  }
}
