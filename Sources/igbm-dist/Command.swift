import ArgumentParser
import Foundation
import IGBM

/// `igbm-dist`: parses the command line, alone on every rank, before MPI is started; only rank 0 speaks.
@main
struct Command: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "igbm-dist",
    abstract: "Tunes upper parameters through trained lower models, over any number of ranks.",
    discussion: """
      mpirun -np 4 igbm-dist train sinusoid --steps 2000 --set proximal=1
      igbm-dist                 trains label-cleaning, alone

      The trained parameters are the same, bit for bit, for any number of ranks.
      """,
    version: "igbm-dist \(IGBM.version)",
    subcommands: [Train.self, Evaluate.self, Inspect.self, Bench.self],
    defaultSubcommand: Train.self)

  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      end(with: error)
    }
  }

  /// Ends a process that has not started MPI: rank 0 says why.
  private static func end(with error: any Error) -> Never {
    let isRoot = LaunchContext(environment: ProcessInfo.processInfo.environment).rank == 0
    if let failure = error as? any ExitCoded {
      if isRoot { write("igbm-dist: \(failure)\n", to: .standardError) }
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
