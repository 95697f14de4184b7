/// Whether a method, its solver and a lower optimiser make sense with a problem's lower level.
struct LowerLevelCheck {
  private let levels: any LevelPrograms
  private let entry: MethodEntry
  private let options: MethodOptions
  private let optimizer: any LowerOptimizer

  init(
    _ levels: any LevelPrograms, _ entry: MethodEntry, _ options: MethodOptions,
    _ optimizer: any LowerOptimizer
  ) {
    (self.levels, self.entry, self.options, self.optimizer) = (levels, entry, options, optimizer)
  }

  /// Throws where they do not.
  func check() throws(HypergradientError) {
    try checkFixedPoint()
    try checkSecondMoment()
    try checkRates()
    try options.restriction.check(count: levels.counts.lower)
  }

  private func checkFixedPoint() throws(HypergradientError) {
    guard levels.lowerLevel == .fixedPoint else { return }
    try HypergradientError.require(
      !entry.needsObjective,
      "method \(entry.name) needs a lower objective, and the lower level is a fixed point; the method "
        + "must be implicit, unrolled, first-order, soba or saba")
    if let own = entry.solver {
      let solver = options.solver?.entry ?? own
      let others = SolverName.allCases.filter { !$0.entry.needsSymmetry }.map(\.rawValue)
      try HypergradientError.require(
        !solver.needsSymmetry,
        "solver \(solver.name) needs a symmetric matrix, and that of a fixed point is not; with method "
          + "implicit it must be one of \(others.joined(separator: ", "))")
    }
    let kind = type(of: optimizer)
    try HypergradientError.require(
      !kind.usesLoss && !(optimizer is SplitDescent) && !(optimizer is any CurvatureOptimizer),
      "the lower level is a fixed point, and steps of \(kind) need an objective; the lower optimiser "
        + "must be descent (at rate 1 an application of the map), momentum or Adam")
  }

  private func checkSecondMoment() throws(HypergradientError) {
    guard entry.solver != nil, let solver = options.solver?.entry, solver.needsSecondMoment else {
      return
    }
    try HypergradientError.require(
      type(of: optimizer).secondMoment != nil,
      "solver \(solver.name) takes its scale from the lower optimiser's mean of squared gradients, and "
        + "\(type(of: optimizer)) has none; the lower optimiser must be Adam, or the solver another one"
    )
  }

  private func checkRates() throws(HypergradientError) {
    guard let rates = levels.learnedRates else { return }
    let steps = optimizer.schedule.steps
    let parts = levels.ratedPartCount
    try HypergradientError.require(
      entry.differentiatesAdaptation && !options.keepsPoint && optimizer is any RatedOptimizer
        && (rates.count == parts || rates.count == parts * steps),
      "upper parameters are \(rates.count) factors of lower rates, which method unrolled alone "
        + "differentiates by: of one step each, or of all \(steps),"
        + (parts > 1 ? " for each of \(parts) layers," : "") + " with a start anew in every upper "
        + "step, and sgd, momentum, nesterov or adam for the lower optimiser")
  }
}
