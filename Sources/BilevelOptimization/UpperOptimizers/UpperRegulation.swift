/// What is put around an upper optimiser's step: hypergradients are cut to a norm and parameters decay before it; parts of the
/// parameters move at rates of their own in it, and all are moved back into a set after it.
public struct UpperRegulation: Sendable {
  /// The largest norm of a hypergradient; 0 for any.
  public let clip: Double
  /// The weight decay, 0 or more: a step takes rate times decay of the parameters (decoupled, as in AdamW).
  public let weightDecay: Double
  /// The optimiser's rate.
  public let rate: SteppedRate
  /// Each parameter's rate in those of the optimiser; empty where all are 1.
  public let factors: [Double]
  /// Where parameters stay.
  public let set: ParameterSet

  /// What is put around a step.
  ///
  /// - Parameters:
  ///   - rate: The optimiser's rate.
  ///   - clip: The largest norm of a hypergradient, finite and 0 or more; 0 for any.
  ///   - weightDecay: The weight decay, finite and 0 or more.
  ///   - factors: Each parameter's rate in those of the optimiser; none where all are 1.
  ///   - set: Where parameters stay.
  /// - Throws: ``HypergradientError`` of code `parameter` for one outside its range.
  public init(
    rate: SteppedRate, clip: Double = 0, weightDecay: Double = 0, factors: [Double] = [],
    set: ParameterSet = .whole
  ) throws(HypergradientError) {
    try HypergradientError.require(
      clip.isFinite && clip >= 0, "clip is \(clip); it must be finite and 0 or more")
    try HypergradientError.require(
      weightDecay >= 0 && weightDecay * rate.initial < 1,
      "weightDecay is \(weightDecay); it must be 0 or more, and below 1 / the learning rate")
    (self.rate, self.clip, self.weightDecay) = (rate, clip, weightDecay)
    (self.factors, self.set) = (factors, set)
  }

  /// Makes an optimiser's step.
  public func update(
    _ parameters: inout [Double], along hypergradient: [Double],
    by optimizer: inout any UpperOptimizer
  ) {
    var hypergradient = hypergradient
    let norm = clip > 0 ? hypergradient.euclideanNorm : 0
    if norm > clip { hypergradient = hypergradient.map { $0 * (clip / norm) } }
    let before = factors.isEmpty ? [] : parameters
    if weightDecay > 0 {
      let kept = 1 - rate(optimizer.steps) * weightDecay
      parameters = parameters.map { $0 * kept }
    }
    optimizer.update(&parameters, along: hypergradient)
    for (index, factor) in factors.enumerated() where factor != 1 {
      parameters[index] = before[index] + factor * (parameters[index] - before[index])
    }
    set.project(&parameters)
  }
}
