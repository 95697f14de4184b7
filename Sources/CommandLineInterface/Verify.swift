import ArgumentParser
import Diagnostics
import Foundation
import MessagePassing

struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Checks this installation: mathematics, kernels, messages between ranks, files.",
    discussion: """
      Each line has a figure that was seen and the most it may be, mostly relative errors and \
      numbers of differences. Takes some seconds; give it the ranks that runs are to have.
      """)

  func run() throws {
    Launch.run { communicator in
      try Verification.run(Verification.checks, communicator) { line in
        if communicator.isRoot { Command.write(line + "\n", to: .standardOutput) }
      }
      return .success
    }
  }
}
