import Tensors

/// Accelerated proximal gradient descent (FISTA: Beck and Teboulle, 2009) for lower objectives with an L1 penalty, as
/// ``ProximalGradient``, whose steps it takes from points that lie ahead:
///
///     w' = soft(y - a s, a strength),  y' = w' + (t - 1) / t' (w' - w),  t' = (1 + sqrt(1 + 4 t^2)) / 2
///
/// with s the gradient at y of all but the penalty. The momentum begins anew, t = 1, where the last step went against the
/// (generalised) gradient, (y - w') (w' - w) > 0: the adaptive restart of O'Donoghue and Candes (2015), which makes it fast where
/// the objective is strongly convex on the parameters that are not 0. Rates may be up to 1 / the largest curvature. The last of
/// the steps does not go ahead, so that parameters that the penalty wins are exactly 0.
public struct AcceleratedProximalGradient: LowerOptimizer {
  /// The step size, above 0.
  public internal(set) var learningRate: Double
  /// The strengths that the objective contains, one for each lower parameter or one for all; none where they are those of
  /// the problem's penalty.
  public let strengths: [Double]
  /// How many steps, and when to stop before.
  public let schedule: AdaptationSchedule
  /// 2: the strengths, and w.
  public static var stateVectors: Int { 2 }
  /// Each adaptation begins without momentum.
  public static var keepsState: Bool { false }
  /// Whether the strengths are those of the problem's penalty.
  public var usesPenalty: Bool { strengths.isEmpty }

  /// The number of its state that is t.
  private static let momentum = 0

  /// Accelerated proximal gradient descent.
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
    let (strengths, before) = (state[0], state[1])
    if step == 0 { begin(point, strengths, before, state) }
    let proximal = ProximalStep(rate: learningRate)
    // Of the way that the last step went, the part against the generalised gradient.
    var against = 0.0
    algebra.update(point, strengths, before, along: gradient) { w, strength, last, slope in
      let next = proximal(w, slope: slope, strength: strength)
      against += (w - next) * (next - last)
      w = next
    }
    let ahead = step + 1 < schedule.steps ? factor(restarts: against > 0, state) : 0
    algebra.update(point, strengths, before, along: gradient) { w, _, last, _ in
      let next = w
      w += ahead * (next - last)
      last = next
    }
  }

  private func begin(
    _ point: Elements, _ strengths: Elements, _ before: Elements, _ state: VectorStore
  ) {
    before.copy(from: point)
    state.scalars[Self.momentum] = 1
    guard !usesPenalty else { return }
    for index in 0..<strengths.count {
      strengths[index] = self.strengths[self.strengths.count == 1 ? 0 : index]
    }
  }

  /// (t - 1) / t' of the step, and t' for the next one.
  private func factor(restarts: Bool, _ state: VectorStore) -> Double {
    let t = restarts ? 1 : state.scalars[Self.momentum]
    let next = (1 + (1 + 4 * t * t).squareRoot()) / 2
    state.scalars[Self.momentum] = next
    return (t - 1) / next
  }
}
