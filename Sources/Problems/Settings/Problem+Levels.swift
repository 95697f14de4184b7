import BilevelOptimization

extension Problem {
  /// Both levels, as the method of the settings needs them.
  ///
  /// - Throws: For kernels that are not there, and a name of learnt rates that no upper parameter has.
  package func levels(_ settings: TrainingSettings) throws -> Levels<Upper, Lower> {
    let levels = try Levels(
      upperObjective: upperObjective, upperModel: upperModel, lowerObjective: lowerObjective,
      lowerModel: lowerModel, precision: settings.precision, kernels: nil,
      convolutions: settings.convolutions,
      hasDirect: settings.method.needsDirect, hasFreshProducts: settings.hasFreshProducts,
      lowerLevel: lowerLevel, lowerPenalty: lowerPenalty,
      lowerStart: start == .formula ? lowerStart : nil, learnedRates: learnedRates(settings),
      ratedParts: settings.learnedRates.isEmpty ? [] : ratedParts)
    if settings.slabs > 1 { levels.slabs = SlabSums(count: settings.slabs) }
    return levels
  }

  private func learnedRates(_ settings: TrainingSettings) throws -> Range<Int>? {
    guard !settings.learnedRates.isEmpty else { return nil }
    guard let rates = upperModel.parameters.first(where: { $0.name == settings.learnedRates })
    else {
      throw SettingError(
        "learned-rates=\(settings.learnedRates): \(Self.name) has no such upper parameter; it has "
          + upperModel.parameters.map(\.name).joined(separator: ", "))
    }
    return rates.offset..<rates.offset + rates.shape.count
  }

  /// Throws for settings that what the problem says of itself makes no sense with.
  package func check(_ settings: TrainingSettings) throws {
    if settings.lowerRule == .split, let pull = lowerPull, pull != settings.lowerPull {
      throw SettingError(
        "lower-rule=split, lower-pull=\(settings.lowerPull): split leaves out a pull towards the start "
          + "that the lower objective must contain, and that of \(Self.name) contains one of "
          + "\(pull); set lower-pull=\(pull), or another lower-rule")
    }
    guard settings.slabs == 1 || Self.isOverRows else {
      throw SettingError(
        "slabs=\(settings.slabs): the examples of \(Self.name) are no rows; set slabs=1")
    }
    guard settings.upperFrom == 0 || settings.start == .previous else {
      throw SettingError(
        "upper-from=\(settings.upperFrom): upper steps before do nothing where each adaptation starts anew; "
          + "set start=previous, or upper-from=0")
    }
    try settings.lowerSet.check(count: lowerModel.count)
    try settings.upperSet.check(count: upperModel.count)
  }

  /// The options of the method and its solver.
  package func methodOptions(_ settings: TrainingSettings) -> MethodOptions {
    var options = settings.methodOptions
    options.startsAtUpper = start == .upperModel
    return options
  }

  /// What is put around steps of the upper optimiser.
  ///
  /// - Throws: For settings outside their range, and patterns that fit no upper parameter.
  package func upperRegulation(_ settings: TrainingSettings) throws -> UpperRegulation {
    try UpperRegulation(
      rate: settings.upperSchedule(), clip: settings.upperClip,
      weightDecay: settings.upperWeightDecay,
      factors: settings.upperRates.factors(upperModel.parameters, rate: settings.upperRate),
      set: settings.upperSet)
  }

  /// The hypergradients' object of this problem, by implicit differentiation.
  ///
  /// - Throws: For settings outside their range, or kernels that are not there.
  public func implicit(_ settings: TrainingSettings) throws -> Implicit<Upper, Lower> {
    try Implicit(levels(settings), settings.implicitOptions)
  }
}

extension TrainingSettings {
  /// Whether every product of a solve has a batch of its own.
  package var hasFreshProducts: Bool { freshProducts && solveBatch > 0 }

  /// The options of the method and its solver.
  package var methodOptions: MethodOptions {
    var options = MethodOptions(rate: lowerRate)
    options.k = k
    options.solver = solver.solver
    (options.tolerance, options.relativeTolerance) = (tolerance, relativeTolerance)
    options.damping = damping
    options.negativeCurvature = negativeCurvature
    options.checksResidual = checkResidual
    options.isWarm = warmSolve
    (options.rank, options.seed) = (solverRank, UInt64(seed))
    options.truncation = truncate
    (options.penalty, options.jointRate) = (penalty, jointRate)
    options.difference = difference
    options.keepsPoint = start == .previous
    options.restriction =
      sparse || lowerRule.isProximal
      ? .support : lowerSet == .whole ? .none : .interior(lowerSet)
    (options.blocks, options.validationBlocks) = (blocks, validationBlocks)
    return options
  }

  /// The options of `Implicit`: LS unless the method is NS.
  ///
  /// - Throws: `HypergradientError` for one outside its range.
  package var implicitOptions: ImplicitOptions {
    get throws {
      try ImplicitOptions(
        lowerLearningRate: lowerRate, k: k,
        method: method == .neumannSeries ? .neumannSeries : .linearSystem, tolerance: tolerance,
        relativeTolerance: relativeTolerance, damping: damping,
        negativeCurvature: negativeCurvature, checksResidual: checkResidual, precision: precision)
    }
  }
}
