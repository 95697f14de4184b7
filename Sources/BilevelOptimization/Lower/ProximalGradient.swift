import Tensors

/// Proximal gradient descent (ISTA: Daubechies, Defrise and De Mol, 2004) for lower objectives that contain
/// sum_i strength_i |w_i|: w = soft(w - a s, a strength), with s the gradient of the rest and soft(z, t) = sign(z) max(|z| - t, 0).
/// Parameters that the penalty wins are exactly 0.
public struct ProximalGradient: LowerOptimizer {
  /// The step size, above 0.
  public internal(set) var learningRate: Double
  /// The strengths that the objective contains, one for each lower parameter or one for all; none where they are those of
  /// the problem's penalty.
  public let strengths: [Double]
  /// How many steps, and when to stop before.
  public let schedule: AdaptationSchedule
  /// 1: the strengths of the problem's penalty.
  public static var stateVectors: Int { 1 }
  /// It has none but those.
  public static var keepsState: Bool { false }
  /// Whether the strengths are those of the problem's penalty.
  public var usesPenalty: Bool { strengths.isEmpty }

  /// Proximal gradient descent.
  ///
  /// - Parameters:
  ///   - learningRate: The step size, finite and above 0; at most 1 / the largest curvature.
  ///   - strengths: Finite and 0 or more; one for each lower parameter, or one for all. None: those of the problem's
  ///     penalty, which may depend on the upper parameters.
  ///   - steps: The most steps, 0 or more.
  ///   - gradientTolerance: Stops before a step when the norm of the whole objective's gradient is below; 0 never does.
  /// - Throws: ``HypergradientError`` of code `parameter` for one outside its range.
  public init(
    learningRate: Double, strengths: [Double] = [], steps: Int, gradientTolerance: Double = 0
  ) throws(HypergradientError) {
    try HypergradientError.requireRate(learningRate)
    try HypergradientError.requireStrengths(strengths)
    self.learningRate = learningRate
    self.strengths = strengths
    schedule = try AdaptationSchedule(steps: steps, gradientTolerance: gradientTolerance)
  }

  /// Makes one step.
  public func update(
    _ step: Int, along gradient: Elements, loss: Double, _ point: Elements, state: VectorStore,
    _ algebra: VectorAlgebra
  ) {
    let proximal = ProximalStep(rate: learningRate)
    for index in 0..<point.count {
      let strength =
        strengths.isEmpty ? state[0][index] : strengths[strengths.count == 1 ? 0 : index]
      point[index] = proximal(point[index], slope: gradient[index], strength: strength)
    }
  }
}
