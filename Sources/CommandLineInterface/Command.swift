import ArgumentParser
import Foundation
import Machine
import MessagePassing
import PlainText
import Training

/// The root of the command line: parsed alone on every rank, before MPI is started; only rank 0
/// speaks.
struct Command: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: name,
      abstract: "Tunes upper parameters through trained lower models, over any number of ranks.",
      discussion: """
        mpirun -np 4 \(name) train PROBLEM --steps 2000 --set k=5
        \(name) train FILE.yaml     trains what a configuration file says
        \(name)                     trains the first problem of --list, alone

        The trained parameters are the same, bit for bit, for any number of ranks.
        """,
      version: "\(name) \(version)",
      subcommands: [
        Train.self, Plan.self, Evaluate.self, Predict.self, Report.self, Inspect.self, Bench.self,
        EnvironmentCommand.self, Verify.self, Convert.self, DataCommand.self,
      ],
      defaultSubcommand: Train.self)
  }

  /// What the program is called: a program with problems of its own has another name than
  /// `igbm-dist`.
  static var name: String {
    ProgramArguments.programName ?? "igbm-dist"
  }

  /// Runs a command on the ranks that were started, and ends the process.
  ///
  /// - Parameters:
  ///   - stall: How long ranks wait for each other.
  ///   - body: The command.
  static func launch(
    stall: StallLimits = .standard, _ body: (any Communicator) throws -> MessagePassing.ExitCode
  ) -> Never {
    Launch.run(stall: stall) { communicator in
      let code = try body(communicator)
      if code == .success { try communicator.onRoot { try StandardStream.checkOutput() } }
      return code
    }
  }

  /// Ends a process whose command line, or command without ranks, came to `error`: rank 0 says why. Help needs no MPI;
  /// with a mistake the ranks meet first, because a launcher ends all of them when the first one fails.
  static func exit(because error: any Error, _ arguments: [String]) -> Never {
    var failure = error as? any ExitCoded
    if failure == nil, exitCode(for: error).isSuccess {
      let context = LaunchContext(environment: ProcessInfo.processInfo.environment)
      if context.rank == 0 { StandardStream.output.write(fullMessage(for: error) + "\n") }
      do {
        try StandardStream.checkOutput()
        Foundation.exit(EXIT_SUCCESS)
      } catch {
        failure = error
      }
    }
    let mistake = failure ?? CommandLineError(error, arguments)
    Launch.run { ranks in
      try ranks.agreeing { throw mistake }
      return mistake.exitCode
    }
  }
}

/// A command line that is wrong.
private struct CommandLineError: ExitCoded, CustomStringConvertible {
  let description: String

  init(_ error: any Error, _ arguments: [String]) {
    var message = Command.message(for: error)
    // The parser repeats words as they are.
    for word in arguments.flatMap({ [$0] + $0.split(separator: "=").map(String.init) })
    where word.utf8.count > 100 {
      message.replace(word, with: word.asShown)
    }
    // The parser names the subcommand's own help.
    let full = Command.fullMessage(for: error)
    let help = full.split(separator: "'").first { $0.hasSuffix(" --help") }
    let end = [".", "?"].contains { message.hasSuffix($0) } ? "" : "."
    let guess = Command.meant(by: arguments.first ?? "")
    let remedy = guess.map { "Did you mean \($0)?" } ?? help.map { "See \($0)" }
    description = message + end + (remedy.map { " \($0)" } ?? "")
  }

  var exitCode: MessagePassing.ExitCode { .usage }
}

extension Command {
  /// The names of the commands.
  static var names: [String] {
    configuration.subcommands.compactMap { $0._commandName }
  }

  /// The command that a first word may be a misspelling of: the parser takes any word for the default command's problem.
  static func meant(by word: String) -> String? {
    names.contains(word) ? nil : Spelling.near(word, among: names)
  }
}
