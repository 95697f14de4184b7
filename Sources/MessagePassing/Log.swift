import Foundation

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
    let line = text.replacing("\n", with: " ") + "\n"
    // A closed standard error must not end the run.
    try? FileHandle.standardError.write(contentsOf: Data(line.utf8))
  }
}
