import ArgumentParser
import Diagnostics
import Foundation
import MessagePassing

struct EnvironmentCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "environment",
    abstract: "Shows what the ranks run on and with, and in what they differ: for questions.")

  @Flag(help: "One JSON object instead of a table.")
  var json = false

  func run() throws {
    Command.launch { communicator in
      let own = RankEnvironment(
        of: communicator, version: "\(Command.name) \(version)",
        variables: ProcessInfo.processInfo.environment)
      let bytes = try communicator.agreeing { Array(try JSONEncoder().encode(own)) }
      let ranks = try communicator.gather(bytes).map {
        try JSONDecoder().decode(RankEnvironment.self, from: Data($0))
      }
      guard communicator.isRoot else { return .success }
      let report = EnvironmentReport(ranks)
      StandardStream.output.write((json ? try JSONText.of(report) : report.text) + "\n")
      return .success
    }
  }
}
