import ArgumentParser
import Foundation
import MessagePassing

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
      subcommands: [Train.self, Plan.self, Evaluate.self, Inspect.self, Bench.self],
      defaultSubcommand: Train.self)
  }

  /// What the program is called: a program with problems of its own has another name than
  /// `igbm-dist`.
  static var name: String {
    let path = CommandLine.arguments.first ?? ""
    return path.split(separator: "/").last.map(String.init) ?? "igbm-dist"
  }

  /// Ends a process that has not started MPI: rank 0 says why.
  static func exit(because error: any Error) -> Never {
    let isRoot = LaunchContext(environment: ProcessInfo.processInfo.environment).rank == 0
    if let failure = error as? any ExitCoded {
      if isRoot { write("\(name): \(failure)\n", to: .standardError) }
      Foundation.exit(failure.exitCode.rawValue)
    }
    let code = exitCode(for: error)
    if isRoot {
      write(fullMessage(for: error) + "\n", to: code.isSuccess ? .standardOutput : .standardError)
    }
    Foundation.exit(code.rawValue)
  }

  static func write(_ text: String, to handle: FileHandle) {
    try? handle.write(contentsOf: Data(text.utf8))
  }
}
