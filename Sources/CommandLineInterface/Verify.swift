import ArgumentParser
import Configurations
import Diagnostics
import Foundation
import MessagePassing
import Tensors
import Training

struct Verify: ProblemCommand {
  static let configuration = CommandConfiguration(
    abstract: "Checks this installation, or a problem's derivatives on its own data.",
    discussion: """
      Without a problem: mathematics, kernels, messages between ranks, files. With one, and its \
      settings: gradients, Hessian and mixed products and the whole hypergradient of its first \
      task against differences. Each line has a figure that was seen and the most it may be, mostly \
      relative errors and numbers of differences. Takes some seconds; give it the ranks that runs are \
      to have.
      """)

  @Argument(
    help: ArgumentHelp(
      "The problem, see train --list; or a file: what ends in .yaml or .yml, or has a slash.",
      valueName: "problem"),
    completion: .custom { _, _, prefix in Completions.subjects(prefix) })
  var subject: String?

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("A setting of the problem; may be given again.", valueName: "key=value"))
  var assignments: [SettingAssignment] = []

  func validate() throws {
    if subject == nil, !assignments.isEmpty {
      throw ValidationError("--set is for a problem's settings; name the problem, too")
    }
  }

  func run(_ problems: ProblemCatalogue) throws {
    Command.launch { communicator in
      func report(_ line: String) {
        if communicator.isRoot { StandardStream.output.write(line + "\n") }
      }
      // A mistake in IGBM_KERNELS is none of the installation.
      _ = try communicator.agreeing { try KernelSet.chosen() }
      guard let subject else {
        try Verification.run(Verification.checks, communicator, report: report)
        return .success
      }
      let source = ConfigurationSource(subject, problems, commandLine: assignments)
      let configuration = try Configuration.shared(
        by: communicator, source,
        environment: ProcessInfo.processInfo.environment)
      let (name, checks) = try communicator.agreeing {
        let run = try problems.run(configuration, from: source.file)
        return (run.name, try Verification.checks(of: run))
      }
      try Verification.run(checks, of: name, communicator, report: report)
      return .success
    }
  }
}
