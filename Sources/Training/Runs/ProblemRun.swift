import BilevelOptimization
import MessagePassing
import Models
import PlainText
import Problems

/// A run of some problem, its type hidden.
public protocol Run {
  /// The problem's name.
  var name: String { get }
  /// All settings as they will be used.
  var settings: [SettingEntry] { get }
  /// What they are unless told otherwise.
  var defaults: SettingDefaults { get }
  /// Upper steps and tasks of each.
  var size: (steps: Int, tasks: Int) { get }
  /// How hypergradients are computed.
  var method: MethodName { get }

  /// Trains over the ranks of a communicator. Collective.
  ///
  /// - Parameters:
  ///   - communicator: The ranks.
  ///   - continuation: Where to take up, and how often to store the state.
  ///   - observe: Called on every rank after each step, with what it did and where its time went.
  /// - Returns: What the run found; results and state on rank 0 only.
  /// - Throws: The same error on every rank.
  func train(
    _ communicator: any Communicator, _ continuation: Continuation,
    observe: (StepSummary, StepTiming?) -> Void
  ) throws -> RunOutcome

  /// Scores held-out tasks with stored upper parameters. Collective.
  ///
  /// - Parameters:
  ///   - state: What a run of this problem stored.
  ///   - path: Where it was stored, for errors.
  ///   - tasks: Tasks to score.
  ///   - communicator: The ranks.
  /// - Returns: The scores, the same on every rank.
  /// - Throws: The same error on every rank; `SettingError` for a problem without held-out tasks, `StateError` for
  ///   a state that is another model's.
  func evaluate(
    _ state: TensorFile, at path: String, tasks: Int, _ communicator: any Communicator
  ) throws -> Evaluation

  /// What stored upper parameters achieve, in tables and pictures.
  ///
  /// - Parameters:
  ///   - state: What a run of this problem stored.
  ///   - path: Where it was stored, for errors.
  /// - Returns: Tables and pictures.
  /// - Throws: What reading the data throws; `StateError` for a state that is another model's.
  func findings(_ state: TensorFile, at path: String) throws -> RunFindings

  /// What the lower model that a run left predicts for a file. Rank 0's alone.
  ///
  /// - Parameters:
  ///   - state: What the run stored.
  ///   - path: Where it was stored, for errors.
  ///   - lower: Where its lower model is stored.
  ///   - data: The file to predict for.
  /// - Returns: A row a prediction.
  /// - Throws: `SettingError` for a problem that predicts nothing; ``StateError`` for files that do not belong together;
  ///   what reading the data throws.
  func predict(
    _ state: TensorFile, at path: String, lower: String, data: String
  ) throws -> ResultTable

  /// What the run would take on this rank. Makes the problem and a task or two, as training would, and stores nothing.
  /// Collective.
  ///
  /// - Parameters:
  ///   - communicator: The ranks.
  ///   - state: A stored state that the run would go on from, and where it is stored.
  ///   - allowedChanges: Settings that may differ from the stored ones.
  /// - Returns: This rank's plan.
  /// - Throws: The same error on every rank: what training itself would throw before its first update.
  func plan(
    _ communicator: any Communicator, from state: (file: TensorFile, path: String)?,
    allowing allowedChanges: [String]
  ) throws -> RankPlan
}

/// What stored upper parameters achieve.
public struct RunFindings: Sendable {
  /// Tables.
  public let tables: [ResultTable]
  /// Pictures.
  public let illustrations: [Illustration]
}

extension RunRequest {
  /// The settings that a stored run was made with.
  public init(of state: TensorFile) {
    let prefix = RunState.settingPrefix
    self.init(
      state.metadata.filter { $0.key.hasPrefix(prefix) }.map {
        (key: String($0.key.dropFirst(prefix.count)), value: $0.value)
      })
  }
}

/// What a run found.
public struct RunOutcome: Sendable {
  /// Tables for people; empty but on rank 0.
  public let results: [ResultTable]
  /// What is to be stored; `nil` but on rank 0.
  public let state: TensorFile?
  /// The lower model that the run leaves, to be stored beside its state; `nil` where there is none, and but on rank 0.
  public let lower: TensorFile?
  /// Files that it leaves for other programs, by their names; none but on rank 0.
  public let files: [(name: String, content: TensorFile)]
  /// The SHA-256 of the upper parameters, the same on every rank.
  public let digest: String
  /// The signal that ended the run before its results, if one did.
  public let stop: StopSignal?
  /// Upper steps made, those before it was taken up included.
  public let steps: Int
}

/// A run of a problem.
public struct ProblemRun<P: Problem>: Run, Sendable {
  /// How the problem is trained.
  public let training: TrainingSettings
  /// The problem's own settings.
  public let own: P.Settings

  /// The name.
  public var name: String { P.name }
  /// All settings as they will be used.
  public let settings: [SettingEntry]
  /// What they are unless told otherwise.
  public let defaults: SettingDefaults
  /// Upper steps and tasks of each.
  public var size: (steps: Int, tasks: Int) { (training.steps, training.tasks) }
  /// How hypergradients are computed.
  public var method: MethodName { training.method }

  /// A run with the problem's defaults, changed as requested.
  ///
  /// - Throws: `SettingError` for a key that is unknown or a value that is none of it, and where the problem declares a
  ///   key that is taken.
  public init(_ request: RunRequest) throws {
    var training = try P.defaults
    var own = P.Settings()
    defaults = SettingDefaults(common: try training.entries(), own: try own.entries())
    let known = defaults.common + defaults.own
    try Self.checkKeys(known.map(\.key))
    for assignment in request.assignments {
      let (key, value) = (assignment.key, assignment.value)
      try assignment.located {
        let isKnown = try training.set(key, to: value) || own.set(key, to: value)
        guard isKnown else {
          throw SettingError(
            "\(P.name) has no setting \"\(key.asShown)\""
              + Spelling.suggestion(for: key, among: known.map(\.key) + request.otherKeys))
        }
      }
    }
    self.training = training
    self.own = own
    settings = try training.entries() + own.entries()
  }

  /// Refuses keys of a problem that every problem has, or that configuration files have.
  private static func checkKeys(_ keys: [String]) throws(SettingError) {
    var taken: Set<String> = ["problem", "output"]
    for key in keys where !taken.insert(key).inserted {
      throw SettingError("\(P.name) declares the setting \"\(key)\", which is taken; rename it")
    }
  }

  /// Trains over the ranks.
  ///
  /// - Throws: The same error on every rank: of the settings, the data, the stored state, a task, or the ranks.
  public func train(
    _ communicator: any Communicator, _ continuation: Continuation = .none,
    observe: (StepSummary, StepTiming?) -> Void
  ) throws -> RunOutcome {
    let problem = try communicator.agreeing { try P(own, seed: UInt64(training.seed)) }
    if continuation.state == nil { try initialise(problem.upperModel, communicator) }
    let trainer = try Trainer(problem, training, communicator)
    guard training.patience == 0 || problem.heldOut != nil else {
      throw SettingError(
        "patience=\(training.patience): \(P.name) has no held-out tasks to score; set 0")
    }
    var lineage: [String] = []
    var course = HeldOutCourse()
    if let (file, path) = continuation.state {
      let changes = try communicator.agreeing {
        try RunState.restore(
          trainer, of: self, allowing: continuation.allowedChanges, from: file, at: path)
      }
      course = try communicator.agreeing {
        try HeldOutCourse(file, of: problem.upperModel, at: path)
      }
      lineage = Lineage.continued(from: file, step: trainer.step, changes)
    }
    try communicator.onRoot { try continuation.begin() }
    /// Collective, because ranks have lower states.
    func state() throws -> TensorFile {
      let lower = try trainer.collectStates()
      return RunState.file(
        of: trainer, settings: settings, lineage: lineage, lower: lower, course)
    }
    StopSignal.startSteps()
    var evaluation: Evaluation?
    while true {
      let scored = try scoreOnTheWay(trainer, continuation, &course)
      guard trainer.step < training.steps, !course.isOver(training) else {
        evaluation = scored
        break
      }
      let summary = try trainer.makeStep(asking: { continuation.requests(trainer.step + 1) })
      observe(summary, trainer.timing)
      let requests = trainer.requests
      guard requests.checkpoint || requests.stop != nil else {
        // What tasks keep lies on other ranks as well, and cannot be had without them.
        let isLong = trainer.timing?.seconds ?? 0 > Self.longStep || isScored(after: trainer.step)
        if communicator.isRoot, trainer.states == nil, isLong {
          let content = RunState.content(
            of: trainer, settings: settings, lineage: lineage, course: course)
          continuation.keep(content, trainer.step)
        }
        continue
      }
      let stored = try state()
      try communicator.onRoot { try continuation.store(stored, trainer.step, requests.stop) }
      if let stop = requests.stop, trainer.step < training.steps {
        return RunOutcome(
          results: [], state: nil, lower: nil, files: [],
          digest: ParameterDigest.sha256(of: problem.upperModel),
          stop: stop, steps: trainer.step)
      }
    }
    // Whatever goes wrong with scores and results, what was trained is stored.
    let last = try state()
    try communicator.onRoot { try continuation.finish(last) }
    if let stop = try StopSignal.afterStoring(communicator) {
      return RunOutcome(
        results: [], state: nil, lower: nil, files: [],
        digest: ParameterDigest.sha256(of: problem.upperModel), stop: stop, steps: trainer.step)
    }
    if evaluation?.tasks != problem.heldOut?.tasks(of: training.evaluationTasks) {
      evaluation = try Evaluation.run(trainer, tasks: training.evaluationTasks)
    }
    let kept = try trainer.keptPoints()
    // The others wait here while rank 0 works out the results.
    return try communicator.agreeing {
      let adaptation = try trainer.adaptation(keeping: kept)
      return RunOutcome(
        results: communicator.isRoot
          ? [evaluation?.table, course.table].compactMap(\.self)
            + (try problem.results(adaptation))
          : [],
        state: communicator.isRoot ? last : nil,
        lower: communicator.isRoot
          ? try problem.trainedLower(adaptation).map { LowerFile.file(of: $0, problem) }
          : nil,
        files: communicator.isRoot
          ? try problem.files(adaptation).map { ($0.file, TensorFile(of: $0)) } : [],
        digest: ParameterDigest.sha256(of: problem.upperModel), stop: nil, steps: trainer.step)
    }
  }

  /// Whether held-out tasks are scored after so many steps.
  private func isScored(after step: Int) -> Bool {
    training.evaluationEvery > 0 && training.evaluationTasks > 0 && step > 0
      && step % training.evaluationEvery == 0
  }

  /// Scores held-out tasks before the step that follows those named by settings, or after the last: a run that is stopped
  /// after these does so when it is taken up. What goes wrong with scores ends no training, and a request to stop waits for
  /// them. Collective.
  ///
  /// - Returns: The scores, on every rank, where there are any.
  private func scoreOnTheWay(
    _ trainer: Trainer<P>, _ continuation: Continuation, _ course: inout HeldOutCourse
  ) throws -> Evaluation? {
    guard isScored(after: trainer.step) else { return nil }
    do {
      let tasks = min(training.evaluationTasks, Evaluation.fewTasks)
      guard let evaluation = try Evaluation.run(trainer, tasks: tasks) else { return nil }
      if training.patience > 0 { course.note(evaluation, trainer) }
      if trainer.communicator.isRoot { continuation.score(.success(evaluation), trainer.step) }
      return evaluation
    } catch let error where !(error is MessagePassingError) {
      if trainer.communicator.isRoot { continuation.score(.failure(error), trainer.step) }
      return nil
    }
  }

  /// Seconds from which on a step is long: after a shorter one, a request to stop waits for the next one's end.
  private static var longStep: Double { 0.1 }

  /// What stored upper parameters achieve.
  ///
  /// - Throws: ``StateError`` for a state of another problem; what the problem, adaptation and predictions throw.
  public func findings(_ state: TensorFile, at path: String) throws -> RunFindings {
    let communicator = SoloCommunicator()
    let trainer = try trainer(of: state, at: path, communicator)
    // A file decides how many; it must not keep who looks at it for days.
    let tasks = min(training.evaluationTasks, Evaluation.fewTasks)
    let evaluation = try Evaluation.run(trainer, tasks: tasks)
    let adaptation = try trainer.adaptation(keeping: trainer.keptPoints())
    return RunFindings(
      tables: [evaluation?.table].compactMap(\.self) + (try trainer.problem.results(adaptation)),
      illustrations: try trainer.problem.illustrations(adaptation))
  }

  /// Sets upper parameters to those of the file that is to be started from, if there is one. Rank 0 alone reads it.
  package func initialise<Body>(_ model: Model<Body>, _ communicator: any Communicator) throws {
    guard !training.initial.isEmpty else { return }
    let (path, count) = (training.initial, model.count)
    var values = try communicator.agreeing {
      communicator.isRoot
        ? try RunState.upperValues(of: model, in: TensorFile.readAny(path), at: path)
        : [Double](repeating: 0, count: count)
    }
    try communicator.broadcast(&values)
    guard values.allSatisfy(\.isFinite) else {
      throw SettingError("initial=\(path): a parameter is not finite; give other parameters")
    }
    model.values = values
  }

  /// Scores held-out tasks with stored upper parameters.
  ///
  /// - Throws: ``StateError`` for a state of another problem, `SettingError` where there are no held-out tasks; what adaptation
  ///   throws. The same error on every rank.
  public func evaluate(
    _ state: TensorFile, at path: String, tasks: Int, _ communicator: any Communicator
  ) throws -> Evaluation {
    guard tasks > 0 else {
      throw SettingError("tasks=\(tasks): there is nothing to evaluate; ask for 1 or more")
    }
    let trainer = try trainer(of: state, at: path, communicator)
    guard let evaluation = try Evaluation.run(trainer, tasks: tasks) else {
      throw SettingError("\(P.name) has no held-out tasks: there is nothing to evaluate")
    }
    return evaluation
  }

  /// What the lower model that a run left predicts for a file.
  ///
  /// - Throws: As the protocol says.
  public func predict(
    _ state: TensorFile, at path: String, lower: String, data: String
  ) throws -> ResultTable {
    let problem = try problem(of: state, at: path)
    try RunState.check(dataOf: problem, against: state, at: path)
    let values = try LowerFile.values(for: problem, in: LowerFile.read(lower), at: lower)
    guard let predictions = try problem.predictions(values, forFile: data) else {
      throw SettingError("\(P.name) predicts nothing for files")
    }
    return predictions
  }

  /// The problem with stored upper parameters.
  private func problem(of state: TensorFile, at path: String) throws -> P {
    let problem = try P(own, seed: UInt64(training.seed))
    let values = try RunState.upperValues(of: problem.upperModel, in: state, at: path)
    guard values.allSatisfy(\.isFinite) else {
      throw StateError(
        .malformed, path, "an upper parameter is not finite; give a state from before it diverged")
    }
    problem.upperModel.values = values
    return problem
  }

  /// A trainer with stored upper parameters, and what tasks kept. Collective.
  private func trainer(
    of state: TensorFile, at path: String, _ communicator: any Communicator
  ) throws -> Trainer<P> {
    let problem = try communicator.agreeing { try self.problem(of: state, at: path) }
    let trainer = try Trainer(problem, training, communicator)
    try communicator.agreeing {
      trainer.restore(
        step: try RunState.step(of: state, at: path), upper: problem.upperModel.values,
        optimizer: trainer.upperOptimizer.state)
      try trainer.restoreStates(RunState.lowerStates(in: state, at: path))
    }
    return trainer
  }
}
