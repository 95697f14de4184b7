import Configurations
import Foundation
import MessagePassing
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
  private let schedule: CheckpointSchedule
  private let resume: String
  /// Checkpoints in a row that may fail, for want of room say, before the run ends.
  private static let mostFailures = 3

  init(
    _ run: any Run, _ communicator: any Communicator, folder: String, _ storage: RunFolder?,
    _ schedule: CheckpointSchedule, resume: String
  ) {
    self.run = run
    self.communicator = communicator
    self.folder = folder
    self.storage = storage
    self.schedule = schedule
    self.resume = resume
  }

  /// Trains, and gives the code to exit with.
  func start() throws -> ExitCode {
    let kernels = try communicator.agreeing { try KernelSet.chosen() }
    let (steps, tasks) = run.size
    say(
      "\(Command.name) \(version): \(run.name), \(count(steps, "step")) of "
        + "\(count(tasks, "task")), \(count(communicator.size, "rank")), \(kernels.rawValue) kernels"
    )
    let stored = try storedState()
    let done = stored.flatMap { Int($0.file["step"] ?? "") } ?? 0
    if let stored { say("going on from \(stored.path), step \(done)") }
    let metrics = try communicator.agreeing { () -> MetricsFile? in
      guard let storage else { return nil }
      for path in storage.removeIncomplete() { warn("ignored \(path): incomplete") }
      try storeConfiguration(kernels)
      return try MetricsFile(storage.metricsPath, after: done)
    }
    StopSignal.watch()
    let outcome = try train(from: stored, done: done, metrics)
    if let stop = outcome.stop {
      say(
        "stopped by \(stop.name) after step \(outcome.steps) of \(steps), with a checkpoint; "
          + "--resume auto goes on")
      return stop.exitCode
    }
    try communicator.agreeing {
      guard let storage, let state = outcome.state else { return }
      metrics?.synchronise()
      try DurableFile.publish(state.encoded(), at: storage.statePath)
    }
    if let metrics, metrics.lost > 0 {
      warn("\(metrics.lost) lines of \(folder)/metrics.jsonl could not be written")
    }
    for table in outcome.results { say("\n" + table.text) }
    say(
      "\nstate: \(folder)/\(RunState.fileName)\n"
        + "sha256 of the upper parameters: \(outcome.digest)")
    return .success
  }

  private func train(
    from stored: (file: TensorFile, path: String)?, done: Int, _ metrics: MetricsFile?
  ) throws -> RunOutcome {
    let (steps, tasks) = run.size
    var progress = ProgressLine(
      steps: steps, completed: done, tasksPerStep: tasks, isTerminal: isatty(STDERR_FILENO) != 0)
    let clock = ContinuousClock()
    var last = clock.now
    var failures = 0
    let continuation = Continuation(
      from: stored,
      requests: { step in
        let elapsed = last.duration(to: clock.now).components.seconds
        return StepRequests(
          checkpoint: communicator.isRoot
            && schedule.isDue(after: step, elapsed: Double(elapsed)),
          stop: StopSignal.received)
      },
      store: { state, step in
        metrics?.synchronise()
        last = clock.now
        do {
          try storage?.storeCheckpoint(state, step: step)
          failures = 0
        } catch let error as StateError where error.code == .notWritten {
          failures += 1
          guard failures < Self.mostFailures, StopSignal.received == nil else { throw error }
          warn("\(error); the checkpoint before it is kept")
        }
      })
    return try run.train(communicator, continuation) { summary in
      guard communicator.isRoot else { return }
      metrics?.append(summary)
      progress.report(done: summary.step + 1, upperLoss: summary.upperLoss)
    }
  }

  /// The state to go on from. Rank 0 alone reads it, so that it need not be on every machine.
  func storedState() throws -> (file: TensorFile, path: String)? {
    var bytes: [UInt8] = []
    var source = Array(resume.utf8)
    try communicator.agreeing {
      guard let storage, resume != "never" else { return }
      guard resume == "auto" else {
        bytes = try DurableFile.read(resume)
        return
      }
      let (newest, ignored) = storage.newestState()
      for error in ignored { warn("ignored \(error)") }
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
      try RunState.check(run.settings, run.name, against: file, at: path)
      return (file, path)
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
    try DurableFile.publish(Array(text.utf8), at: path)
  }

  private func warn(_ line: String) {
    if communicator.isRoot { Command.write("warning: \(line)\n", to: .standardError) }
  }

  private func say(_ line: String) {
    if communicator.isRoot { Command.write(line + "\n", to: .standardOutput) }
  }

  private func count(_ number: Int, _ noun: String) -> String {
    "\(number) \(noun)\(number == 1 ? "" : "s")"
  }
}
