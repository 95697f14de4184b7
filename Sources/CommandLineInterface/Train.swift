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
    Launch.run(stall: options.session.stall) { communicator in
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
      print("\(entry.name): \(entry.about)")
      for setting in try entry.run(RunRequest([])).settings {
        let padded = "\(setting.key)=\(setting.value)".padding(
          toLength: 32, withPad: " ", startingAt: 0)
        print("  \(padded) \(setting.about)")
      }
    }
  }
}
