import Foundation
import MessagePassing

/// Checks one after another, and adds up how they went.
public struct Verification {
  /// All that come with the package: mathematics, kernels, messages, files.
  public static let checks =
    DerivativeChecks.all + SolverChecks.all + KernelChecks.all + SumChecks.all
    + MessageChecks.all + TrainingChecks.all

  /// Checks all. Collective.
  ///
  /// - Parameters:
  ///   - checks: What to check.
  ///   - problem: The problem that they are about; nil for the installation.
  ///   - communicator: The ranks.
  ///   - report: Called on every rank with a line for each check, and one for the total.
  /// - Throws: The same error on every rank: ``VerificationError`` where a check failed.
  public static func run(
    _ checks: [Check], of problem: String? = nil, _ communicator: any Communicator,
    report: (String) -> Void
  ) throws {
    var failed: [String] = []
    var skipped = 0
    let width = checks.map(\.name.count).max() ?? 0
    for check in checks {
      let name = check.name.padding(toLength: width, withPad: " ", startingAt: 0)
      switch try check.result(communicator) {
      case .success(let figure):
        if let reason = figure.skipped {
          skipped += 1
          report("skipped  \(name)  \(reason)")
        } else {
          if !figure.isRight { failed.append(check.name) }
          report(
            "\(figure.isRight ? "ok     " : "FAILED ")  \(name)  "
              + "\(text(figure.seen)), at most \(text(figure.bound))"
              + (figure.note.map { " (\($0))" } ?? ""))
        }
      case .failure(let failure):
        failed.append(check.name)
        report("FAILED   \(name)  \(failure)")
      }
    }
    guard failed.isEmpty else {
      throw VerificationError(failed: failed, count: checks.count, problem: problem)
    }
    let ranks = "\(communicator.size) rank\(communicator.size == 1 ? "" : "s")"
    report(
      "\(checks.count - skipped) checks passed on \(ranks)"
        + (skipped > 0 ? ", \(skipped) skipped" : ""))
  }

  private static func text(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e6
      ? String(format: "%.0f", value) : String(format: "%.1e", value)
  }
}

/// An installation, or a problem, that does not do what it should.
public struct VerificationError: CommonError, Hashable, CustomStringConvertible {
  /// The names of the checks that failed.
  public let failed: [String]
  /// How many checks there were.
  public let count: Int
  /// The problem that they are about; nil for the installation.
  public let problem: String?

  /// The program, or what it was built with, or the problem, is broken.
  public var exitCode: ExitCode { .software }

  /// The message.
  public var description: String {
    let list = "\(failed.count) of \(count) checks failed (\(failed.joined(separator: "; "))): "
    guard let problem else {
      return list + "do not trust results of this installation; report them with what the command "
        + "environment shows"
    }
    return list + "do not trust hypergradients of \(problem); its objectives and tasks may depend "
      + "on their arguments and the settings alone (where they do, verify the installation)"
  }
}
