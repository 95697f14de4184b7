import Foundation
import Logging
import MessagePassing
import Training

/// What a session says: results and news on standard output, warnings on standard error, all of it in this rank's log.
/// Rank 0 alone speaks.
final class SessionVoice {
  private let speaks: Bool
  private let isQuiet: Bool
  private let log: Logger?
  private let history: RunHistory?
  private var warned: Set<String> = []

  init(
    _ communicator: any Communicator, isQuiet: Bool, _ log: Logger?, _ history: RunHistory?
  ) {
    speaks = communicator.isRoot
    self.isQuiet = isQuiet
    self.log = log
    self.history = history
  }

  /// A line for the person, unless --quiet, and for the log.
  func tell(_ line: String) {
    log?.info("\(line)", metadata: ["process": "\(getpid())"])
    if speaks, !isQuiet { StandardStream.output.writeLine(line) }
  }

  /// Results.
  func show(_ text: String) {
    if speaks { StandardStream.output.write(text + "\n") }
  }

  /// A warning.
  func warn(_ line: String) {
    log?.warning("\(line)")
    history?.warn(line)
    if speaks { StandardStream.error.writeLine("warning: \(line)") }
  }

  /// A warning, or none, about what will be the same the next time.
  func warnOnce(_ line: String?) {
    if let line, warned.insert(line).inserted { warn(line) }
  }

  /// What only the log is to know.
  func note(_ event: String, _ metadata: Logger.Metadata) {
    log?.info("\(event)", metadata: metadata)
  }

  /// An error, in the log; the process's end says it to people.
  func note(_ error: any Error) {
    log?.error("\(error)", metadata: ["code": "\(ExitCode(for: error).rawValue)"])
  }
}
