import ArgumentParser
import Configurations
import Foundation
import MessagePassing
import Training

struct Train: ProblemCommand {
  static let configuration = CommandConfiguration(
    abstract: "Trains a problem and stores the trained upper parameters.",
    discussion: """
      Settings come from the problem's defaults, then the configuration file, then variables such \
      as IGBM_LOWER_RATE=0.1, then these options; the later wins.
      """)

  @OptionGroup var options: RunOptions

  @Flag(help: "Lists the problems and their settings.")
  var list = false

  func run(_ problems: ProblemCatalogue) throws {
    if list {
      try listSettings(of: problems)
      return
    }
    Command.launch(stall: options.session.stall) { communicator in
      let (run, folder, _) = try options.run(problems, communicator)
      let storage = try communicator.agreeing {
        communicator.isRoot ? try RunFolder(locking: folder) : nil
      }
      let log = try TrainingSession.log(in: "\(folder)/logs", communicator)
      return try TrainingSession(
        run, communicator, folder: folder, storage, options.session, log: log
      ).start()
    }
  }

  private func listSettings(of problems: ProblemCatalogue) throws {
    guard LaunchContext(environment: ProcessInfo.processInfo.environment).rank == 0 else { return }
    for entry in problems.entries {
      StandardStream.output.writeLine("\(entry.name): \(entry.about)")
      for setting in try entry.run(RunRequest([])).settings {
        let assignment = "\(setting.key)=\(setting.value)"
        let space = String(repeating: " ", count: max(0, 32 - assignment.count))
        StandardStream.output.writeLine("  \(assignment)\(space) \(setting.about)")
      }
    }
  }
}
