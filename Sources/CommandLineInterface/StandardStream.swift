import Foundation
import MessagePassing
import PlainText
import Synchronization

/// Standard output or standard error. What the output does not take is remembered: a command whose results went nowhere
/// has not done what it was asked for.
struct StandardStream {
  static let output = StandardStream(descriptor: STDOUT_FILENO)
  static let error = StandardStream(descriptor: STDERR_FILENO)
  private let descriptor: Int32

  /// Writes text as it is: what comes from files or settings is escaped before.
  func write(_ text: String) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if errno == EAGAIN {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        poll(&waiting, 1, -1)
      } else if errno != EINTR {
        if descriptor == STDOUT_FILENO { outputFailure.store(errno, ordering: .relaxed) }
        return
      }
    }
  }

  /// Writes a line, its unseen characters by their codes.
  func writeLine(_ line: String) { write(line.escaped + "\n") }

  /// - Throws: ``StandardOutputError`` where standard output has not taken all. A reader that is gone, as `head` is after
  ///   some lines, has what it wanted.
  static func checkOutput() throws(StandardOutputError) {
    let failure = outputFailure.load(ordering: .relaxed)
    guard failure == 0 || failure == EPIPE else { throw StandardOutputError(reason: failure) }
  }
}

/// Why standard output did not take something; 0 where it took all.
private let outputFailure = Atomic<Int32>(0)

/// Standard output that is full, or cannot be written for another reason.
struct StandardOutputError: ExitCoded, CustomStringConvertible {
  let reason: Int32

  var exitCode: MessagePassing.ExitCode { .inputOutput }

  var description: String {
    "standard output cannot be written: \(String(cString: strerror(reason))); make room, or send it elsewhere"
  }
}
