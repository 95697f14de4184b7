import Tensors

/// F with its gradients, and the lower gradient's norm, at adapted lower parameters; all found to be finite.
struct AdaptedPoint {
  /// F.
  let loss: Double
  /// dF/dw and dF/du; valid until the upper program runs again.
  let g, direct: Elements
  /// ||df/dw||, or what takes its place where lower parameters are constrained.
  let gradientNorm: Double
  /// The program that F is of.
  let upper: UpperGradients
  private let start: Double?
  private let levels: any LevelPrograms

  /// Evaluates at a lower program's point.
  ///
  /// - Parameters:
  ///   - lower: The lower program.
  ///   - validate: What the upper objective sees.
  ///   - levels: The problem's programs.
  ///   - task: The task that was adapted, if it was here.
  ///   - lowerGradient: df/dw there, if it is known.
  ///   - norm: What is taken for its norm, if that is known.
  ///   - isMoved: Whether the upper parameters move it by where the adaptation starts.
  /// - Throws: ``HypergradientError`` for numbers that are not finite, or where there is nothing to learn.
  init(
    _ lower: any LowerProgram, _ validate: Examples, _ levels: any LevelPrograms,
    _ task: LowerTask?,
    lowerGradient: Elements? = nil, gradientNorm norm: Double? = nil, isMoved: Bool = false
  ) throws {
    self.levels = levels
    start = task?.startGradientNorm
    upper = try levels.upper(validate)
    if !isMoved { try levels.requireDependence(lower, upper) }
    (loss, g, direct) = upper.evaluate(at: lower.point)
    if let norm {
      gradientNorm = norm
    } else {
      let gradient = lowerGradient ?? lower.gradient()
      gradientNorm = task?.stationarity(gradient) ?? levels.algebra.norm(gradient)
    }
    try levels.requireFinite(gradientNorm: gradientNorm, lower, task)
    try levels.requireFinite(loss: loss, upper)
    let upper = upper
    try levels.requireFinite(
      g.largestMagnitude, "the upper gradient in the lower parameters",
      "check the validation data"
    ) { try upper.originOfNonFinite(in: .lower) }
  }

  /// What a hypergradient at the point came about with.
  ///
  /// - Throws: ``HypergradientError`` where the hypergradient is not finite.
  func outcome(
    _ hypergradient: [Double], figures: [Double], _ remedy: String = "lower a learning rate",
    _ account: String = "", cause: () throws -> NonFiniteCause? = { nil }
  ) throws -> MethodOutcome {
    let norm = hypergradient.euclideanNorm
    try levels.requireFinite(norm, "the hypergradient\(account)", remedy) {
      try upper.originOfNonFinite(in: .direct) ?? cause()
    }
    return MethodOutcome(
      upperLoss: loss, lowerGradientNorm: gradientNorm, startLowerGradientNorm: start,
      hypergradientNorm: norm, figures: figures)
  }
}

extension LevelPrograms {
  /// Throws unless the lower gradient at adapted parameters is finite.
  func requireFinite(
    gradientNorm: Double, _ lower: any LowerProgram, _ task: LowerTask?
  ) throws {
    try requireFinite(
      gradientNorm, "the lower gradient at the adapted parameters",
      "lower the learning rate of the adaptation, or check the training data"
    ) {
      let cause = try lower.originOfNonFinite(in: .gradient)
      return cause?.isOperation == true ? cause : try task?.causeOfNonFinite() ?? cause
    }
  }

  /// Throws unless F is finite.
  func requireFinite(loss: Double, _ upper: UpperProgram) throws {
    try requireFinite(loss, "the upper loss", "check the validation data") {
      try upper.originOfNonFinite(in: .loss)
    }
  }
}
