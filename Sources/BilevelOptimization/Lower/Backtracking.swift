import Tensors

/// Gradient descent that takes a step back where the loss did not fall by 1e-4 of what the gradient promises, and
/// halves its rate (Armijo, 1966): it stays stable where the curvature is beyond what the rate can bear. Each of the
/// steps computes one gradient, whether it goes forward or back; the last one only judges, so that the adapted point is
/// one that is known to be better.
public struct Backtracking: LowerOptimizer {
  /// The first rate, above 0.
  public let learningRate: Double
  /// How many gradients, and when to stop before.
  public let schedule: AdaptationSchedule
  /// 2: the best point and its gradient.
  public static var stateVectors: Int { 2 }
  /// Each adaptation begins with its first rate.
  public static var keepsState: Bool { false }
  /// Losses decide.
  public static var usesLoss: Bool { true }
  /// A step is kept or shortened by what became of the loss.
  public static var comparesLosses: Bool { true }

  /// The part of the decrease that the gradient promises which a step must reach.
  private static let sufficient = 1e-4
  private enum Scalar { static let (rate, loss, squaredGradient) = (0, 1, 2) }

  /// Gradient descent with backtracking.
  ///
  /// - Parameters:
  ///   - learningRate: The first rate, finite and above 0; it is only ever halved.
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
    if step == 0 { state.scalars[Scalar.rate] = learningRate }
    let (best, bestGradient) = (state[0], state[1])
    let rate = state.scalars[Scalar.rate]
    let bound =
      state.scalars[Scalar.loss] - Self.sufficient * rate * state.scalars[Scalar.squaredGradient]
    if step == 0 || loss < bound {
      best.copy(from: point)
      bestGradient.copy(from: gradient)
      state.scalars[Scalar.loss] = loss
      state.scalars[Scalar.squaredGradient] = algebra.dot(gradient, gradient)
    } else {
      state.scalars[Scalar.rate] = rate / 2
      point.copy(from: best)
    }
    guard step + 1 < schedule.steps else { return }
    algebra.add(-state.scalars[Scalar.rate], bestGradient, to: point)
  }
}
