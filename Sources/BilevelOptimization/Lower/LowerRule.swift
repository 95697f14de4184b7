/// A lower optimiser, and what tasks ask of its kind: found once, for a cast takes as long as a small lower step.
package struct LowerRule {
  /// The optimiser.
  package let optimizer: any LowerOptimizer
  let schedule: AdaptationSchedule
  let stateVectors: Int
  let secondMoment: Int?
  let usesLoss, comparesLosses, keepsState, usesPenalty: Bool
  /// The optimiser, where its steps need products.
  let newton: (any CurvatureOptimizer)?
  /// The set that it keeps parameters in, if it is not the whole.
  let set: ParameterSet?

  /// What is asked of an optimiser.
  package init(_ optimizer: any LowerOptimizer) {
    let kind = type(of: optimizer)
    self.optimizer = optimizer
    schedule = optimizer.schedule
    (stateVectors, secondMoment) = (kind.stateVectors, kind.secondMoment)
    (usesLoss, comparesLosses) = (kind.usesLoss, kind.comparesLosses)
    keepsState = kind.keepsState
    usesPenalty = optimizer.usesPenalty
    newton = optimizer as? any CurvatureOptimizer
    let kept = (optimizer as? any ConstrainedOptimizer)?.set ?? .whole
    set = kept == .whole ? nil : kept
  }

  /// The optimiser with its rates multiplied by learnt factors; itself where there are none, or it has no rate.
  ///
  /// - Parameters:
  ///   - factors: Those of each step, or of all.
  ///   - parts: Which parameters have factors of their own; none where all have the same.
  /// - Returns: The optimiser, and what is asked of it.
  func times(_ factors: [Double]?, of parts: [Range<Int>]) -> LowerRule {
    guard let factors, let rated = optimizer as? any RatedOptimizer else { return self }
    func scheduled(_ base: some RatedOptimizer) -> any LowerOptimizer {
      guard parts.isEmpty else { return parted(base) }
      return Scheduled(base, .given(factors))
    }
    func parted(_ base: some RatedOptimizer) -> any LowerOptimizer {
      PartedRates(base, parts, factors)
    }
    return LowerRule(scheduled(rated))
  }
}
