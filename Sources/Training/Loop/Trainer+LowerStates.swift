import BilevelOptimization
import MessagePassing
import Problems

/// What tasks keep from one upper step to the next.
extension Trainer {
  /// Makes room for it, where the settings or the method want any of it.
  ///
  /// - Throws: `SettingError` for settings that make no sense together.
  static func lowerStates(
    _ levels: any LevelPrograms, _ optimizer: any LowerOptimizer, _ settings: TrainingSettings,
    _ communicator: any Communicator, _ teams: RankTeams
  ) throws -> LowerStates? {
    let isOverRows = settings.batch + settings.solveBatch + settings.validationBatch > 0
    guard !isOverRows || P.isOverRows else {
      throw SettingError(
        "batch, solve-batch, validation-batch: the examples of \(P.name) are no rows; set 0")
    }
    let keepsPoint = settings.start == .previous
    guard !keepsPoint || settings.lowerRule != .split else {
      throw SettingError(
        "start=previous, lower-rule=split: split pulls towards where each adaptation starts, which "
          + "would be another point in every upper step; set another lower-rule, or start=problem")
    }
    let vectors = settings.method.vectors(settings.methodOptions)
    guard keepsPoint || !vectors.isEmpty else { return nil }
    return LowerStates(communicator, teams, everywhere: settings.schedule == .dynamic) {
      try LowerState(
        count: levels.counts.lower, settings.precision, optimizer: optimizer, method: vectors,
        upperCount: levels.counts.upper, keepsPoint: keepsPoint)
    }
  }

  /// The tasks of a step, and the ranks whose share they are.
  ///
  /// - Throws: ``StepError`` where two of them are known by the same number.
  private func places(step: Int) throws -> [Place] {
    var seen: [Int: Int] = [:]
    return try teams.leaders(of: settings.tasks).map { index, rank in
      let identity = problem.identity(ofTask: index, step: step)
      if let other = seen.updateValue(index, forKey: identity) {
        throw StepError(
          step: step,
          message:
            "tasks \(other) and \(index) are the same (\(identity)), and each keeps its lower "
            + "state; set fewer tasks, or start=problem and warm-solve=false")
      }
      return (identity, rank)
    }
  }

  /// This rank's tasks of a step.
  var share: Range<Int> { teams.share(of: settings.tasks) }

  /// Bytes that this rank's states take, and that all of them take in a file.
  ///
  /// - Throws: `TensorError` where there is no memory for one.
  func stateByteCounts() throws -> (memory: Int, stored: Int) {
    guard let sizes = try states?.sizes() else { return (0, 0) }
    let here = settings.schedule == .dynamic ? settings.tasks : share.count
    return (here * sizes.memory, settings.tasks * sizes.numbers * MemoryLayout<Double>.stride)
  }

  /// Throws where tasks of a step could not be told apart.
  func checkStates() throws {
    if states != nil { _ = try places(step: step) }
  }

  /// Has the states of the step that was made move to where the next step's tasks will be. Collective.
  func moveStates() throws {
    guard let states else { return }
    // The task of one rank meets no other, and stays where it is.
    if communicator.size == 1, settings.tasks == 1 {
      if owner(ofTask: 0) != nil { states.hold(problem.identity(ofTask: 0, step: step)) }
      return
    }
    let made = (0..<settings.tasks).compactMap { index in
      owner(ofTask: index).map { (problem.identity(ofTask: index, step: step), $0) }
    }
    try states.exchange(made: made, next: places(step: step + 1))
  }

  /// All states, on rank 0; nothing on the others. Collective.
  ///
  /// - Throws: The same error on every rank.
  func collectStates() throws -> [StoredLowerState] { try states?.collect() ?? [] }

  /// The lower parameters that a task keeps, on every rank; nil where it keeps none. Collective.
  func keptPoint(ofTask identity: Int) throws -> [Double]? { try states?.point(of: identity) }

  /// Those of all tasks, on rank 0; nothing on the others. Collective.
  func keptPoints() throws -> [Int: [Double]] { try states?.points() ?? [:] }

  /// Puts stored states where the present step's tasks will be.
  ///
  /// - Throws: `TensorError` where there is no memory; ``StepError`` as in a step.
  func restoreStates(_ stored: [StoredLowerState]) throws {
    try states?.restore(stored, next: places(step: step))
  }
}
