import Foundation
import PlainText

/// The one line that a failing process leaves behind.
enum Log {
  /// Writes `error` to standard error, after the rank's number and machine if there are several.
  static func error(_ error: any Error, on communicator: (any Communicator)?) {
    // What was printed before the error belongs before it, and would be lost in an abort.
    fflush(nil)
    var place = ""
    if let communicator, communicator.size > 1 {
      place = " [rank \(communicator.rank) on \(communicator.hostName)]"
    }
    line("error\(place): \(error)")
  }

  /// Writes a line to standard error.
  static func line(_ text: String) {
    // One write a line: the launcher mixes the ranks' output between writes.
    let line = text.onOneLine + "\n"
    // A closed standard error must not end the run.
    try? FileHandle.standardError.write(contentsOf: Data(line.utf8))
  }

  /// Waits, for two seconds at most, until the launcher has read what this process has said. A launcher that learns
  /// first that a rank has failed ends the job, and what is still in the pipes is lost.
  static func waitForReader() {
    fflush(nil)
    for descriptor in [STDOUT_FILENO, STDERR_FILENO] {
      for _ in 0..<2000 where isUnread(descriptor) { usleep(1000) }
    }
  }

  /// Whether a pipe holds bytes that its reader has not taken yet.
  private static func isUnread(_ descriptor: Int32) -> Bool {
    var information = stat()
    guard fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFIFO else {
      return false
    }
    var count: Int32 = 0
    return ioctl(descriptor, UInt(FIONREAD), &count) == 0 && count > 0
  }
}
