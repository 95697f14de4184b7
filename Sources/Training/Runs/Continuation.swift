import BilevelOptimization
import Models
import Problems

/// Where a run takes up, and what becomes of it on the way.
public struct Continuation {
  /// A stored state to go on from, and where it came from.
  public let state: (file: TensorFile, path: String)?
  /// What this rank asks for at the end of the step that ends now.
  public let requests: (_ step: Int) -> StepRequests
  /// Stores a state after so many steps; called on rank 0.
  public let store: (_ state: TensorFile, _ step: Int) throws -> Void

  /// A run from its beginning that stores nothing on the way.
  public static var none: Continuation {
    Continuation(from: nil, requests: { _ in StepRequests() }) { _, _ in }
  }

  /// Where a run takes up, and what becomes of it on the way.
  public init(
    from state: (file: TensorFile, path: String)?, requests: @escaping (Int) -> StepRequests,
    store: @escaping (TensorFile, Int) throws -> Void
  ) {
    self.state = state
    self.requests = requests
    self.store = store
  }

  /// A run that stores a state every so many steps.
  public init(
    from state: (file: TensorFile, path: String)?, every interval: Int,
    store: @escaping (TensorFile, Int) throws -> Void
  ) {
    self.init(
      from: state,
      requests: { StepRequests(checkpoint: interval > 0 && $0 % interval == 0) }, store: store)
  }
}

extension RunState {
  /// Settings that a run may take up with other values: they do not change the steps that are made.
  private static let free = ["steps", "evaluation-tasks", "data", "initial"]

  /// Puts a trainer where a stored run was.
  ///
  /// - Throws: ``StateError`` for a state of another problem, other settings or another model, or one past the last
  ///   step.
  static func restore<P: Problem>(
    _ trainer: Trainer<P>, settings: [SettingEntry], from file: TensorFile, at path: String
  ) throws(StateError) {
    try check(settings, P.name, against: file, at: path)
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
  }

  /// Checks that a state is of a problem and of its settings, as far as they change the steps.
  ///
  /// - Throws: ``StateError``.
  package static func check(
    _ settings: [SettingEntry], _ problem: String, against file: TensorFile, at path: String
  ) throws(StateError) {
    guard file["problem"] == problem else {
      throw StateError(
        .mismatch, path, "is a state of \(file["problem"] ?? "nothing known"), not \(problem)")
    }
    let changes = settings.filter { entry in
      !free.contains(entry.key) && file[settingPrefix + entry.key] != entry.value
    }
    guard changes.isEmpty else {
      let list = changes.map { entry in
        "\(entry.key) was \(file[settingPrefix + entry.key] ?? "unset") and is \(entry.value)"
      }
      throw StateError(
        .mismatch, path,
        "was made with other settings: \(list.joined(separator: ", ")); "
          + "set them as they were, or start anew")
    }
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
