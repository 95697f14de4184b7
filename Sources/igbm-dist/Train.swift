import ArgumentParser
import Foundation
import IGBM

struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Trains a problem and stores the trained upper parameters.")

  @Argument(help: ArgumentHelp("The problem; see --list.", valueName: "problem"))
  var problem = LabelCleaning.name

  @Option(help: "What everything random is drawn from.")
  var seed: Int?

  @Option(help: "Upper steps.")
  var steps: Int?

  @Option(help: "Tasks an upper step.")
  var tasks: Int?

  @Option(help: "The folder that the run's state is stored in (default: runs/PROBLEM).")
  var output: String?

  @Option(help: "Stores the state after every so many upper steps; 0 stores it at the end alone.")
  var checkpointEvery = 0

  @Option(
    help: ArgumentHelp(
      "Goes on from a stored state: auto takes the output folder's, if there is one.",
      valueName: "auto|never|path"))
  var resume = "never"

  @Option(name: .customLong("set"), help: "A setting, as KEY=VALUE; may be given again.")
  var assignments: [Assignment] = []

  @Flag(help: "Lists the problems and their settings.")
  var list = false

  func validate() throws {
    guard checkpointEvery >= 0 else {
      throw ValidationError("--checkpoint-every must be at least 0")
    }
  }

  func run() throws {
    if list {
      try listProblems()
      return
    }
    Launch.run { communicator in
      let run = try communicator.agreeing {
        try ProblemCatalogue.entry(named: problem).run(request)
      }
      let folder = output ?? "runs/\(run.name)"
      try communicator.agreeing {
        if communicator.isRoot { try DurableFile.createFolder(folder) }
      }
      let session = TrainingSession(
        run, communicator, folder: folder, checkpointEvery: checkpointEvery, resume: resume)
      try session.start()
      return .success
    }
  }

  private var request: RunRequest {
    let named = [("seed", seed), ("steps", steps), ("tasks", tasks)].compactMap { key, value in
      value.map { (key: key, value: String($0)) }
    }
    return RunRequest(assignments.map { ($0.key, $0.value) } + named)
  }

  private func listProblems() throws {
    guard LaunchContext(environment: ProcessInfo.processInfo.environment).rank == 0 else { return }
    for entry in ProblemCatalogue.entries {
      print("\(entry.name): \(entry.about)")
      for setting in try entry.run(RunRequest([])).settings {
        let padded = "\(setting.key)=\(setting.value)".padding(
          toLength: 32, withPad: " ", startingAt: 0)
        print("  \(padded) \(setting.about)")
      }
    }
  }
}

/// A KEY=VALUE argument.
struct Assignment: ExpressibleByArgument {
  let key: String
  let value: String

  init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty else { return nil }
    key = String(parts[0])
    value = String(parts[1])
  }
}
