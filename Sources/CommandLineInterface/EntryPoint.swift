import ArgumentParser
import Foundation
import Machine
import MessagePassing
import Problems
import Training

/// The whole command line for problems of one's own: every command of `igbm-dist`, alone or on the ranks that the process
/// was started with.
///
///     @main enum Program {
///       static func main() { IGBM.main(problems: [Ridge.self]) }
///     }
///
/// - Parameter problems: What can be trained, the default first. Those that come with the package
///   are `ProblemCatalogue.builtIn`.
public func main(problems: [any Problem.Type]) -> Never {
  main(problems: ProblemCatalogue(problems))
}

/// The whole command line for a catalogue of problems.
public func main(problems: ProblemCatalogue) -> Never {
  ProcessStart.prepare()
  ProcessStart.answerSentSignals()
  var arguments: [String] = []
  do {
    try problems.check()
    arguments = Array(try ProgramArguments.all().dropFirst())
    var command = try Completions.$problems.withValue(problems) {
      try Command.parseAsRoot(arguments)
    }
    if let command = command as? any ProblemCommand {
      try command.run(problems)
    } else {
      try command.run()
    }
    try StandardStream.checkOutput()
  } catch {
    Command.exit(because: error, arguments)
  }
  Foundation.exit(EXIT_SUCCESS)
}

/// A command that needs to know which problems there are.
protocol ProblemCommand: ParsableCommand {
  /// Does what the command is for.
  func run(_ problems: ProblemCatalogue) throws
}

extension ArgumentError: ExitCoded {
  /// The code to exit with.
  package var exitCode: MessagePassing.ExitCode { .usage }
}
