import BilevelOptimization

extension Problem {
  /// Both levels, as the method of the settings needs them.
  ///
  /// - Throws: For kernels that are not there.
  package func levels(_ settings: TrainingSettings) throws -> Levels<Upper, Lower> {
    try Levels(
      upperObjective: upperObjective, upperModel: upperModel, lowerObjective: lowerObjective,
      lowerModel: lowerModel, precision: settings.precision, kernels: nil,
      hasDirect: settings.method.needsDirect)
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
    options.restriction = sparse ? .support : lowerSet == .whole ? .none : .interior(lowerSet)
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
