import BilevelOptimization
import Configurations
import Foundation
import Logging
import MessagePassing
import PlainText
import Problems
import Tensors
import Training

/// A run as seen by a person: what it is, how it goes, what it found, and where it is stored.
/// Rank 0 alone speaks: results on standard output, progress on standard error.
struct TrainingSession {
  private let run: any Run
  private let communicator: any Communicator
  private let folder: String
  /// The folder's files; rank 0's alone.
  private let storage: RunFolder?
  private let options: SessionOptions
  private let voice: SessionVoice
  /// Rank 0's alone.
  private let checkpoints: CheckpointStore?
  private let history: RunHistory?

  /// A session; rank 0 has the folder.
  init(
    _ run: any Run, _ communicator: any Communicator, folder: String, _ storage: RunFolder?,
    _ options: SessionOptions, log: Logger? = nil
  ) {
    self.run = run
    self.communicator = communicator
    self.folder = folder
    self.storage = storage
    self.options = options
    history = storage.map { _ in RunHistory(in: folder) }
    let voice = SessionVoice(communicator, isQuiet: options.quiet, log, history)
    self.voice = voice
    checkpoints = storage.map { CheckpointStore($0, options.checkpointEvery, voice) }
  }

  /// This rank's log; without one where it cannot be written. Collective.
  static func log(in folder: String, _ communicator: any Communicator) throws -> Logger? {
    try communicator.onRoot { try DurableFile.createFolder(folder) }
    let log = RankLog.logger(in: folder, rank: communicator.rank, host: communicator.hostName)
    if log == nil, communicator.isRoot {
      StandardStream.error.writeLine("warning: \(folder) cannot be written: there are no logs")
    }
    return log
  }

  /// Trains, and gives the code to exit with.
  func start() throws -> ExitCode {
    do {
      let code = try makeSteps()
      history?.end(code: Int(code.rawValue))
      return code
    } catch {
      voice.note(error)
      history?.end(code: Int(ExitCode(for: error).rawValue), error: "\(error)")
      throw error
    }
  }

  private func makeSteps() throws -> ExitCode {
    let kernels = try communicator.agreeing { try KernelSet.chosen() }
    let (steps, tasks) = run.size
    voice.tell(
      "\(Command.name) \(version): \(run.name), \(count(steps, "step")) of "
        + "\(count(tasks, "task")), \(count(communicator.size, "rank")), \(kernels.rawValue) kernels"
    )
    let identity = ProgramIdentity(version: version, kernels: kernels.rawValue)
    voice.warnOnce(try identity.check(communicator, isStrict: options.strict))
    let stored = try storedState()
    let done = try communicator.agreeing {
      try stored.map { try RunState.step(of: $0.file, at: $0.path) } ?? 0
    }
    if let stored { voice.tell("going on from \(stored.path), step \(done)") }
    StopSignal.watch(speaks: communicator.isRoot)
    let outcome = try train(from: stored, done: done, kernels)
    if let stop = outcome.stop {
      voice.tell(
        "stopped by \(stop.name) after step \(outcome.steps) of \(steps), with a checkpoint; "
          + "--resume auto goes on")
      return stop.exitCode
    }
    voice.note("done", ["sha256": "\(outcome.digest)"])
    try communicator.onRoot { try store(outcome) }
    for table in outcome.results { voice.show("\n" + table.text) }
    voice.show(
      "\nstate: \("\(folder)/\(RunState.fileName)".escaped)\n"
        + "sha256 of the upper parameters: \(outcome.digest)")
    return .success
  }

  /// Stores what a finished run leaves besides its state.
  private func store(_ outcome: RunOutcome) throws {
    guard let storage else { return }
    if let lower = outcome.lower {
      voice.warnOnce(try storage.publish(lower.encoded(), at: storage.lowerPath))
    }
    for file in outcome.files {
      voice.warnOnce(try storage.publish(file.content.encoded(), at: "\(folder)/\(file.name)"))
    }
    for table in outcome.results {
      guard let file = table.file else { continue }
      voice.warnOnce(try storage.publish(Array(table.csv.utf8), at: "\(folder)/\(file)"))
    }
  }

  /// Makes the folder this run's, and opens its records.
  private func begin(
    from stored: (file: TensorFile, path: String)?, done: Int, _ kernels: KernelSet
  ) throws -> RunRecords? {
    guard let storage else { return nil }
    voice.warnOnce(storage.warning)
    for path in storage.removeIncomplete() { voice.warn("ignored \(path): incomplete") }
    let isOwn = stored.map { storage.holds($0.path) } ?? false
    // Where there are states of another run, or of later steps, --resume auto would take those.
    if let earlier = try storage.setAside(after: isOwn ? done : nil) {
      voice.warn(
        "\(folder) holds what this run does not go on from: it is kept in \(earlier)")
    }
    try storeConfiguration(kernels)
    voice.warnOnce(
      history?.begin(
        RunHistory.Start(
          host: communicator.hostName, ranks: communicator.size,
          command: CommandLine.arguments.joined(separator: " ")), isNew: stored == nil))
    let records = try RunRecords(
      in: storage, options.metrics, figures: run.method.figures,
      isScored: run.settings.contains { $0.key == "evaluation-every" && $0.value != "0" },
      after: done)
    if records.missing > 0 {
      voice.warn("\(storage.metricsPath) lacks \(count(records.missing, "step")) of \(done)")
    }
    return records
  }

  private func train(
    from stored: (file: TensorFile, path: String)?, done: Int, _ kernels: KernelSet
  ) throws -> RunOutcome {
    let (steps, tasks) = run.size
    var records: RunRecords?
    var progress = ProgressLine(
      steps: steps, completed: done, tasksPerStep: tasks, isTerminal: isatty(STDERR_FILENO) != 0)
    var health = HealthWatch(
      run.method.alarms,
      lowerTolerance: run.settings.first { $0.key == "lower-tolerance" }?.value ?? "",
      hosts: try communicator.gather(Array(communicator.hostName.utf8)).map {
        String(decoding: $0, as: UTF8.self)
      })
    let continuation = Continuation(
      from: stored, allowing: options.allowChange,
      requests: { step in
        StepRequests(
          checkpoint: checkpoints?.isDue(after: step) ?? false, stop: StopSignal.received)
      },
      begin: { records = try begin(from: stored, done: done, kernels) },
      store: { state, step, stop in
        records?.synchronise().forEach(voice.warnOnce)
        try checkpoints?.store(state, step: step, isLast: stop != nil)
      },
      score: { scores, step in
        switch scores {
        case .success(let evaluation): records?.append(evaluation, after: step)
        case .failure(let error):
          progress.finish()
          voice.warn("no held-out scores after step \(step): \(error)")
        }
      },
      keep: { checkpoints?.keep($0, step: $1) },
      finish: { state in
        checkpoints?.finish()
        records?.synchronise().forEach(voice.warnOnce)
        voice.warnOnce(try storage?.storeLast(state))
        progress.finish()
        if storage != nil, !options.quiet {
          StandardStream.error.writeLine("all steps are made; working out the results")
        }
      })
    let outcome = try run.train(communicator, continuation) { summary, timing in
      guard communicator.isRoot else { return }
      records?.append(summary, timing)
      records?.losing.forEach {
        voice.warnOnce("\($0) cannot be written: its lines are lost until it can")
      }
      for warning in health.warnings(after: summary, timing) {
        progress.finish()
        voice.warn(warning)
      }
      if options.verbose {
        StandardStream.error.writeLine(summary.line)
      } else if !options.quiet {
        progress.report(done: summary.step + 1, upperLoss: summary.upperLoss)
      }
    }
    if communicator.isRoot { voice.warnOnce(health.warningAtEnd) }
    for (path, lines) in records?.lost ?? [] {
      voice.warn("\(count(lines, "line")) of \(path) could not be written")
    }
    return outcome
  }

  /// The state to go on from. Rank 0 alone reads it, so that it need not be on every machine.
  func storedState() throws -> (file: TensorFile, path: String)? {
    var bytes: [UInt8] = []
    var source = Array(options.resume.utf8)
    try communicator.agreeing {
      try checkAllowedChanges()
      guard let storage, options.resume != "never" else { return }
      guard options.resume == "auto" else {
        bytes = try DurableFile.read(options.resume)
        guard !bytes.isEmpty else {
          throw StateError(.malformed, options.resume, "is empty; give the state of a run")
        }
        return
      }
      let (newest, ignored) = storage.newestState()
      for error in ignored { voice.warn("ignored \(error)") }
      if let newest {
        bytes = newest.bytes
        source = Array(newest.path.utf8)
      } else if let error = ignored.first {
        throw StateError(
          error.code, folder,
          "has no state that can be gone on from: \(error); --resume never starts anew")
      }
    }
    try communicator.broadcast(resizing: &bytes)
    try communicator.broadcast(resizing: &source)
    let path = String(decoding: source, as: UTF8.self)
    guard !bytes.isEmpty else { return nil }
    return try communicator.agreeing {
      let file = try RunState.decoded(bytes, path)
      // Before the folder's configuration, which may be that run's, is written anew.
      let changes = SettingChange.all(from: file, to: run)
      let matter = changes.contains { $0.kind != .free }
      if communicator.isRoot, file["problem"] == run.name, matter {
        StandardStream.error.write(SettingChange.table(changes).text + "\n")
      }
      try RunState.check(run, allowing: options.allowChange, against: file, at: path)
      return (file, path)
    }
  }

  /// A change that is allowed under a wrong name would be refused later, or never be noticed.
  private func checkAllowedChanges() throws(SettingError) {
    let known = run.settings.map(\.key)
    for key in options.allowChange where !known.contains(key) {
      throw SettingError(
        "--allow-change \(key.asShown): \(run.name) has no such setting"
          + Spelling.suggestion(for: key, among: known))
    }
  }

  /// Written before the first step: a run that fails can be repeated, too.
  private func storeConfiguration(_ kernels: KernelSet) throws {
    let path = "\(folder)/\(ConfigurationFile.name)"
    let text = ConfigurationFile.text(
      of: .effective(problem: run.name, output: folder, run.settings),
      comments: [
        "\(Command.name) \(version). This file repeats the run: \(Command.name) train \(path)",
        "Kernels: \(kernels.rawValue); others may round differently.",
      ])
    voice.warnOnce(try storage?.publish(Array(text.utf8), at: path))
  }

  private func count(_ number: Int, _ noun: String) -> String {
    "\(number) \(noun)\(number == 1 ? "" : "s")"
  }
}

extension StepSummary {
  /// The step in a line, for people.
  fileprivate var line: String {
    func short(_ number: Double) -> String { String(format: "%.4g", number) }
    let told = zip(figures.figures, figures.values).compactMap(Self.words)
    return "step \(step + 1)  upper loss \(short(upperLoss)) (worst \(short(worstUpperLoss)), task "
      + "\(worstTask))  hypergradient \(short(hypergradientNorm))  lower gradient "
      + "\(short(lowerGradientNorm))" + told.map { "  " + $0 }.joined()
  }

  /// A figure in a few words; nil where there is nothing to say.
  private static func words(_ figure: Figure, _ value: FigureValues.Value) -> String? {
    switch value {
    case .number(let number): number.map { "\(figure.title) \(String(format: "%.4g", $0))" }
    case .whole(let whole):
      figure.combination == .sum || whole > 0
        ? "\(whole) \(figure.name.replacing("_", with: " "))" : nil
    case .outcomes(let counts):
      zip(figure.outcomes, counts).filter { $1 > 0 }.map { "\($1) \($0.name)" }
        .joined(separator: ", ")
    case .parameter: nil
    }
  }
}
