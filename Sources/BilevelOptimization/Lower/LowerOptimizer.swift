import Tensors

/// Adapts a lower model: makes its objective small in its own parameters. Each adaptation starts with a state of
/// zeros, unless tasks keep theirs between upper steps.
public protocol LowerOptimizer: Sendable {
  /// How many steps, and when to stop before.
  var schedule: AdaptationSchedule { get }
  /// How many vectors of state, as long as the parameters, an adaptation needs.
  static var stateVectors: Int { get }
  /// Whether steps depend on losses, which then are computed, too; by default they do not.
  static var usesLoss: Bool { get }
  /// Whether it compares losses of different steps, which then must be of the same examples; by default it does not.
  static var comparesLosses: Bool { get }
  /// Whether its state means something to the task's next adaptation; by default it does.
  static var keepsState: Bool { get }
  /// Which of its vectors is a mean of squared gradients, element by element; by default none is.
  static var secondMoment: Int? { get }
  /// Whether it needs the strengths of the problem's L1 penalty, which then are in the first vector of its state; by default
  /// it does not.
  var usesPenalty: Bool { get }

  /// Makes one step.
  ///
  /// - Parameters:
  ///   - step: The step's number, from 0, those of earlier adaptations included where the state is kept.
  ///   - gradient: The gradient at the point, as long as it; valid during the call.
  ///   - loss: The loss at the point, where the optimiser uses it, else not a number.
  ///   - point: The lower parameters, to be changed in place.
  ///   - state: ``stateVectors`` vectors at least, as long as the point, and 4 scalars, all zero at step 0.
  ///   - algebra: Operations on vectors, in the precision of the solve.
  func update(
    _ step: Int, along gradient: Elements, loss: Double, _ point: Elements, state: VectorStore,
    _ algebra: VectorAlgebra)
}

/// How long an adaptation goes on.
public struct AdaptationSchedule: Sendable, Hashable {
  /// The number of gradient steps, 0 or more.
  public let steps: Int
  /// Stops before a step when the gradient's Euclidean norm is below; absolute, 0 never does.
  public let gradientTolerance: Double

  /// A number of steps, and optionally a gradient norm that is small enough.
  ///
  /// - Parameters:
  ///   - steps: The most steps, 0 or more.
  ///   - gradientTolerance: Stops before a step when the gradient's norm is below, finite and 0 or more.
  /// - Throws: ``HypergradientError`` of code `parameter` where steps are negative or the tolerance is negative or not
  ///   finite.
  public init(steps: Int, gradientTolerance: Double = 0) throws(HypergradientError) {
    try HypergradientError.require(steps >= 0, "lower steps are \(steps); they must be 0 or more")
    try HypergradientError.require(
      gradientTolerance.isFinite && gradientTolerance >= 0,
      "gradientTolerance is \(gradientTolerance); it must be finite and 0 or more")
    self.steps = steps
    self.gradientTolerance = gradientTolerance
  }
}

extension LowerOptimizer {
  /// Losses are not looked at.
  public static var usesLoss: Bool { false }
  /// It compares none.
  public static var comparesLosses: Bool { false }

  /// The state is kept.
  public static var keepsState: Bool { true }

  /// No vector is such a mean.
  public static var secondMoment: Int? { nil }

  /// Penalties are not looked at.
  public var usesPenalty: Bool { false }
}
