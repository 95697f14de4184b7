import Foundation
import MessagePassing

/// The program that launched tests start on one or more ranks: `ranktest SCENARIO [ARGUMENT ...]`.
@main struct RankTest {
  static func main() {
    let arguments = CommandLine.arguments.dropFirst()
    guard let name = arguments.first, let scenario = scenarios[name] else {
      let names = scenarios.keys.sorted().joined(separator: ", ")
      FileHandle.standardError.write(Data("usage: ranktest SCENARIO, one of \(names)\n".utf8))
      exit(ExitCode.usage.rawValue)
    }
    Launch.run { communicator in
      try scenario(communicator, Array(arguments.dropFirst()))
    }
  }
}

/// What a launched test lets every rank do: the scenario's arguments are those after its name.
typealias Scenario = @Sendable (any Communicator, [String]) throws -> ExitCode

/// All scenarios by name. Another file of them adds its dictionary here.
let scenarios = messagePassingScenarios.merging(trainingScenarios) { first, _ in first }

/// Prints a line in one write, so that the lines of ranks do not mix.
func say(_ line: String) {
  FileHandle.standardOutput.write(Data("\(line)\n".utf8))
}
