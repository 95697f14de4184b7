import BilevelOptimization
import Models
import Problems

/// Where a run takes up, and what becomes of it on the way.
public struct Continuation {
  /// A stored state to go on from, and where it came from.
  public let state: (file: TensorFile, path: String)?
  /// Settings that may differ from the stored ones, by name.
  public let allowedChanges: [String]
  /// What this rank asks for at the end of the step that ends now.
  public let requests: (_ step: Int) -> StepRequests
  /// Called on rank 0 before the first step, once problem, data and stored state are found to be good: what is there already
  /// is not touched before.
  public let begin: () throws -> Void
  /// Stores a state after so many steps, the last one before a stop if there is one; called on rank 0.
  public let store: (_ state: TensorFile, _ step: Int, _ stop: StopSignal?) throws -> Void
  /// Takes held-out scores after so many steps, or why there are none; called on rank 0.
  public let score: (_ scores: Result<Evaluation, any Error>, _ step: Int) -> Void
  /// Takes what makes the state after a long step, which need not be stored: who is told to stop in the midst of the
  /// next may have no time to finish it. Called on rank 0.
  public let keep: (_ content: @escaping @Sendable () -> TensorFile, _ step: Int) -> Void
  /// Stores what the last step ended with, before any result is worked out; called on rank 0.
  public let finish: (_ state: TensorFile) throws -> Void

  /// A run from its beginning that stores nothing on the way.
  public static var none: Continuation {
    Continuation(from: nil, requests: { _ in StepRequests() }, store: { _, _, _ in })
  }

  /// Where a run takes up, and what becomes of it on the way.
  public init(
    from state: (file: TensorFile, path: String)?, allowing allowedChanges: [String] = [],
    requests: @escaping (Int) -> StepRequests, begin: @escaping () throws -> Void = {},
    store: @escaping (TensorFile, Int, StopSignal?) throws -> Void,
    score: @escaping (Result<Evaluation, any Error>, Int) -> Void = { _, _ in },
    keep: @escaping (@escaping @Sendable () -> TensorFile, Int) -> Void = { _, _ in },
    finish: @escaping (TensorFile) throws -> Void = { _ in }
  ) {
    self.state = state
    self.allowedChanges = allowedChanges
    self.requests = requests
    self.begin = begin
    self.store = store
    self.score = score
    self.keep = keep
    self.finish = finish
  }

  /// A run that stores a state every so many steps.
  public init(
    from state: (file: TensorFile, path: String)?, every interval: Int,
    store: @escaping (TensorFile, Int) throws -> Void
  ) {
    self.init(
      from: state,
      requests: { StepRequests(checkpoint: interval > 0 && $0 % interval == 0) },
      store: { state, step, _ in try store(state, step) })
  }
}

extension RunState {
  /// Puts a trainer where a stored run was.
  ///
  /// - Returns: The settings that changed.
  /// - Throws: ``StateError`` for a state of another problem, other settings or another model, or one past the last
  ///   step.
  static func restore<P: Problem>(
    _ trainer: Trainer<P>, of run: ProblemRun<P>, allowing allowed: [String],
    from file: TensorFile, at path: String
  ) throws -> [SettingChange] {
    let changes = try check(run, allowing: allowed, against: file, at: path)
    try check(dataOf: trainer.problem, against: file, at: path)
    let step = try step(of: file, at: path)
    guard step <= trainer.settings.steps else {
      throw StateError(
        .mismatch, path,
        "is at step \(step) already, and the run ends at \(trainer.settings.steps); raise --steps")
    }
    let values = try upperValues(of: trainer.problem.upperModel, in: file, at: path)
    let vectors = try optimizerVectors(values.count, in: file, at: path)
    trainer.restore(step: step, upper: values, optimizer: vectors)
    try trainer.restoreStates(lowerStates(in: file, at: path))
    return changes
  }

  /// Checks that a state is of a run's problem and of its settings, but for changes that are allowed.
  ///
  /// - Returns: The settings that changed.
  /// - Throws: ``StateError``.
  @discardableResult
  package static func check(
    _ run: any Run, allowing allowed: [String], against file: TensorFile, at path: String
  ) throws(StateError) -> [SettingChange] {
    guard file["problem"] == run.name else {
      throw StateError(
        .mismatch, path, "is a state of \(file["problem"] ?? "nothing known"), not \(run.name)")
    }
    let changes = SettingChange.all(from: file, to: run)
    let refused = changes.filter { !$0.isAllowed(allowed) }
    guard refused.isEmpty else {
      let list = refused.map { "\($0.key) was \($0.stored) and is \($0.now) (\($0.remedy))" }
      throw StateError(
        .mismatch, path, "was made with other settings: \(list.joined(separator: ", "))")
    }
    return changes
  }

  private static func optimizerVectors(
    _ count: Int, in file: TensorFile, at path: String
  ) throws(StateError) -> [(name: String, values: [Double])] {
    var vectors: [(name: String, values: [Double])] = []
    for tensor in file.tensors where tensor.name.hasPrefix(optimizerPrefix) {
      let values = tensor.values
      guard values.isEmpty || values.count == count else {
        throw StateError(
          .malformed, path, "\(tensor.name) has \(values.count) numbers for \(count) parameters")
      }
      vectors.append((String(tensor.name.dropFirst(optimizerPrefix.count)), values))
    }
    return vectors
  }
}
