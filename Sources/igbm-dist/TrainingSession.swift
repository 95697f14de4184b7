import Foundation
import IGBM

/// A run as seen by a person: what it is, how it goes, what it found, and where it is stored. Rank 0 alone speaks: results
/// on standard output, progress on standard error.
struct TrainingSession {
  private let run: any Run
  private let communicator: any Communicator
  private let folder: String

  init(_ run: any Run, _ communicator: any Communicator, folder: String) {
    self.run = run
    self.communicator = communicator
    self.folder = folder
  }

  func start() throws {
    let kernels = try communicator.agreeing { try KernelSet.chosen() }
    let (steps, tasks) = run.size
    say(
      "igbm-dist \(IGBM.version): \(run.name), \(count(steps, "step")) of \(count(tasks, "task")), "
        + "\(count(communicator.size, "rank")), \(kernels.rawValue) kernels")
    var progress = ProgressLine(
      steps: steps, tasksPerStep: tasks, isTerminal: isatty(STDERR_FILENO) != 0)
    let outcome = try run.train(communicator) { summary in
      guard communicator.isRoot else { return }
      progress.report(done: summary.step + 1, upperLoss: summary.upperLoss)
    }
    try communicator.agreeing { if let state = outcome.state { try store(state) } }
    for table in outcome.results { say("\n" + table.text) }
    say("\nstate: \(path)\nsha256 of the upper parameters: \(outcome.digest)")
  }

  private var path: String { "\(folder)/\(RunState.fileName)" }

  private func store(_ state: TensorFile) throws {
    try DurableFile.publish(state.encoded(), at: path)
  }

  private func say(_ line: String) {
    if communicator.isRoot { Command.write(line + "\n", to: .standardOutput) }
  }

  private func count(_ number: Int, _ noun: String) -> String {
    "\(number) \(noun)\(number == 1 ? "" : "s")"
  }
}
