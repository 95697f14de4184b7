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
  private let checkpointEvery: Int
  private let resume: String

  init(
    _ run: any Run, _ communicator: any Communicator, folder: String, checkpointEvery: Int,
    resume: String
  ) {
    self.run = run
    self.communicator = communicator
    self.folder = folder
    self.checkpointEvery = checkpointEvery
    self.resume = resume
  }

  func start() throws {
    let kernels = try communicator.agreeing { try KernelSet.chosen() }
    let (steps, tasks) = run.size
    say(
      "\(Command.name) \(version): \(run.name), \(count(steps, "step")) of "
        + "\(count(tasks, "task")), \(count(communicator.size, "rank")), \(kernels.rawValue) kernels"
    )
    let stored = try storedState()
    let done = stored.flatMap { Int($0.file["step"] ?? "") } ?? 0
    if let stored { say("going on from \(stored.path), step \(done)") }
    try communicator.agreeing { if communicator.isRoot { try storeConfiguration(kernels) } }
    var progress = ProgressLine(
      steps: steps, completed: done, tasksPerStep: tasks, isTerminal: isatty(STDERR_FILENO) != 0)
    let continuation = Continuation(from: stored, every: checkpointEvery, store: store)
    let outcome = try run.train(communicator, continuation) { summary in
      guard communicator.isRoot else { return }
      progress.report(done: summary.step + 1, upperLoss: summary.upperLoss)
    }
    try communicator.agreeing { if let state = outcome.state { try store(state) } }
    for table in outcome.results { say("\n" + table.text) }
    say("\nstate: \(path)\nsha256 of the upper parameters: \(outcome.digest)")
  }

  /// The state to go on from. Rank 0 alone reads it, so that it need not be on every machine.
  private func storedState() throws -> (file: TensorFile, path: String)? {
    let source = resume == "auto" ? path : resume
    var bytes: [UInt8] = []
    try communicator.agreeing {
      guard communicator.isRoot, resume != "never" else { return }
      if resume == "auto", !FileManager.default.fileExists(atPath: source) { return }
      bytes = try DurableFile.read(source)
    }
    try communicator.broadcast(resizing: &bytes)
    guard !bytes.isEmpty else { return nil }
    return try communicator.agreeing {
      let file = try TensorFile(decoding: bytes, named: source)
      // Before the folder's configuration, which may be that run's, is written anew.
      try RunState.check(run.settings, run.name, against: file, at: source)
      return (file, source)
    }
  }

  private var path: String { "\(folder)/\(RunState.fileName)" }

  private func store(_ state: TensorFile) throws {
    try DurableFile.publish(state.encoded(), at: path)
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

  private func say(_ line: String) {
    if communicator.isRoot { Command.write(line + "\n", to: .standardOutput) }
  }

  private func count(_ number: Int, _ noun: String) -> String {
    "\(number) \(noun)\(number == 1 ? "" : "s")"
  }
}
