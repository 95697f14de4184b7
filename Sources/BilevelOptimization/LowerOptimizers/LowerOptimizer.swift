import Models
import Tensors

/// A lower model after adaptation: what hypergradients are taken at.
public struct AuxiliaryModel: Sendable, Equatable {
  /// The adapted lower parameters, in the order of the lower model.
  public var values: [Double]
  /// The lower loss before each step, and where a small gradient ended the adaptation; empty where it was not asked
  /// for.
  public var losses: [Double] = []
  /// The steps made: fewer than scheduled where a small gradient ended the adaptation.
  public var steps = 0

  /// A lower model at given parameters, however they were found.
  ///
  /// - Parameter values: The lower parameters, as many as the lower model has; checked where they are used.
  public init(values: [Double]) {
    self.values = values
  }
}

/// Adapts a lower model: makes its objective small in its own parameters. Each adaptation starts with a state of zeros.
public protocol LowerOptimizer: Sendable {
  /// How many steps, and when to stop before.
  var schedule: AdaptationSchedule { get }
  /// How many vectors of state, as long as the parameters, an adaptation needs.
  static var stateVectors: Int { get }
  /// Whether steps depend on losses, which then are computed, too; by default they do not.
  static var usesLoss: Bool { get }

  /// Makes one step.
  ///
  /// - Parameters:
  ///   - step: The step's number, from 0.
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

  /// Adapts the lower model of a problem to a task.
  ///
  /// - Parameters:
  ///   - implicit: The problem; its upper model's values count as constants.
  ///   - train: What the lower objective sees.
  ///   - start: Where to start, as many values as the lower model has; by default its own.
  ///   - recordsLosses: Whether to compute the lower loss before each step, for ``AuxiliaryModel/losses``.
  /// - Returns: The adapted model; neither model of the problem changes.
  /// - Throws: `TensorError` for an objective or data that do not fit; ``HypergradientError`` of code `shape` for a
  ///   start of another length, or an upper model with another number of values than parameters; what the lower
  ///   objective throws. Numbers that are not finite do not throw here, but where the hypergradient is computed.
  public func adapt<Upper, Lower>(
    _ implicit: Implicit<Upper, Lower>, train: Examples, from start: [Double]? = nil,
    recordsLosses: Bool = false
  ) throws -> AuxiliaryModel {
    let lower = try implicit.loadedLowerProgram(
      train, at: start ?? implicit.lowerModel.values, "the start of the adaptation")
    var adapted = AuxiliaryModel(values: [])
    adapted.steps = try run(lower, implicit.vectorAlgebra) { lower, _ in
      if recordsLosses { adapted.losses.append(lower.loss()) }
    }
    adapted.values = lower.point.values
    return adapted
  }

  /// Runs the steps on a loaded program's point, and gives how many were made; `observe` is called with each
  /// gradient, before its step. Allocates nothing but, once, the state.
  ///
  /// - Throws: `TensorError` where there is no memory for the state.
  @discardableResult
  func run(
    _ lower: LowerProgram, _ algebra: VectorAlgebra, observe: (LowerProgram, Elements) -> Void
  ) throws(TensorError) -> Int {
    let state = try lower.optimizerState(vectors: Self.stateVectors)
    for step in 0..<schedule.steps {
      let gradient = lower.gradient()
      observe(lower, gradient)
      if schedule.gradientTolerance > 0, algebra.norm(gradient) < schedule.gradientTolerance {
        return step
      }
      let loss = Self.usesLoss ? lower.loss() : .nan
      update(step, along: gradient, loss: loss, lower.point, state: state, algebra)
    }
    return schedule.steps
  }
}
