import BilevelOptimization

extension TrainingSettings {
  /// The lower optimiser.
  ///
  /// - Throws: `HypergradientError` for a rate or steps outside their range.
  public func lowerOptimizer() throws -> any LowerOptimizer {
    let base = try scheduled(plainLowerOptimizer())
    guard lowerClip > 0 || lowerWeightDecay > 0 || lowerSet != .whole else { return base }
    guard ![LowerRule.lbfgs, .newton].contains(lowerRule), !lowerRule.isProximal else {
      throw SettingError(
        "lower-clip, lower-weight-decay, lower-set: lower-rule=\(lowerRule.rawValue) moves in directions "
          + "that clipping, decay and projections would spoil; set another lower-rule")
    }
    return try regulated(base)
  }

  /// With a rate that changes, where it is to.
  private func scheduled(_ base: any LowerOptimizer) throws -> any LowerOptimizer {
    guard !lowerMilestones.isEmpty || lowerRise > 0 || lowerFall > 0 else { return base }
    let rate = try SteppedRate(
      lowerRate, milestones: lowerMilestones, factor: lowerDecay, rise: lowerRise, fall: lowerFall)
    guard let rated = base as? any RatedOptimizer else {
      throw SettingError(
        "lower-milestones, lower-rise, lower-fall: the steps of lower-rule=\(lowerRule.rawValue) have no "
          + "rate of their own in every step; set sgd, momentum, nesterov, adam, proximal or fista")
    }
    func wrapped(_ base: some RatedOptimizer) -> any LowerOptimizer {
      Scheduled(base, .schedule(rate))
    }
    return wrapped(rated)
  }

  private func regulated(_ base: some LowerOptimizer) throws -> any LowerOptimizer {
    try Regulated(base, clip: lowerClip, decay: lowerRate * lowerWeightDecay, set: lowerSet)
  }

  private func plainLowerOptimizer() throws -> any LowerOptimizer {
    let (rate, steps, tolerance) = (lowerRate, lowerSteps, lowerTolerance)
    return switch lowerRule {
    case .sgd:
      try GradientDescent(learningRate: rate, steps: steps, gradientTolerance: tolerance)
    case .backtracking:
      try Backtracking(learningRate: rate, steps: steps, gradientTolerance: tolerance)
    case .split:
      try SplitDescent(
        learningRate: rate, pull: lowerPull, steps: steps, gradientTolerance: tolerance)
    case .momentum: try Momentum(learningRate: rate, steps: steps, gradientTolerance: tolerance)
    case .nesterov:
      try Momentum(
        learningRate: rate, isNesterov: true, steps: steps, gradientTolerance: tolerance)
    case .adam: try LowerAdam(learningRate: rate, steps: steps, gradientTolerance: tolerance)
    case .lbfgs:
      try LimitedMemoryBFGS(learningRate: rate, steps: steps, gradientTolerance: tolerance)
    case .newton:
      try NewtonCG(
        learningRate: rate, products: max(k, 1), steps: steps, gradientTolerance: tolerance)
    case .proximal:
      try ProximalGradient(learningRate: rate, steps: steps, gradientTolerance: tolerance)
    case .fista:
      try AcceleratedProximalGradient(
        learningRate: rate, steps: steps, gradientTolerance: tolerance)
    }
  }

  /// The upper learning rate, step by step.
  ///
  /// - Throws: `HypergradientError` for a rate, or what becomes of it, outside its range.
  public func upperSchedule() throws -> SteppedRate {
    try SteppedRate(
      upperRate, milestones: upperMilestones, factor: upperDecay, rise: upperRise, fall: upperFall)
  }

  /// The upper optimiser.
  ///
  /// - Throws: `HypergradientError` for a rate, or what becomes of it, outside its range.
  public func upperOptimizer() throws -> any UpperOptimizer {
    let rate = try upperSchedule()
    return switch upperRule {
    case .sgd: try SGD(learningRate: rate)
    case .momentum: try SGD(learningRate: rate, momentum: 0.9)
    case .adam: try Adam(learningRate: rate, epsilon: upperEpsilon)
    }
  }
}
