import Foundation

/// The process that is a rank, and from where it can be looked at.
package struct RankProcess: Sendable, Hashable {
  /// Its machine.
  package let host: String
  /// Its number, among the processes that see each other's numbers.
  private let number: pid_t
  private let numbering: String

  /// This process.
  package static func current(on host: String) -> RankProcess {
    let numbering = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")
    return RankProcess(host: host, number: getpid(), numbering: numbering ?? "")
  }

  package init(host: String, number: pid_t, numbering: String) {
    (self.host, self.number, self.numbering) = (host, number, numbering)
  }

  /// Whether the process is known to be stopped, by a signal or a debugger: only of processes on the same machine, and in
  /// the same container, can be told.
  package func isStopped(seenBy other: RankProcess) -> Bool {
    guard host == other.host, numbering == other.numbering, number != other.number,
      let text = try? String(contentsOfFile: "/proc/\(number)/stat", encoding: .utf8),
      // The program's name, in parentheses, may hold anything.
      let name = text.lastIndex(of: ")")
    else { return false }
    return ["T", "t"].contains(text[name...].dropFirst(2).first)
  }

  /// As ranks send it to each other.
  var encoded: [UInt8] { Array("\(number)\n\(numbering)\n\(host)".utf8) }

  init(decoding bytes: [UInt8]) {
    let parts = String(decoding: bytes, as: UTF8.self)
      .split(separator: "\n", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
    self.init(
      host: parts.last ?? "unknown", number: parts.first.flatMap { pid_t($0) } ?? 0,
      numbering: parts.count > 2 ? parts[1] : "")
  }
}
