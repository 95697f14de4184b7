import Foundation
import Logging
import PlainText

/// A rank's own account of a run, a line an event, in RUN/logs: for who looks into what happened on a machine. What people
/// see while it runs is on standard error.
public struct RankLog: LogHandler {
  /// The least severe level that is written.
  public var logLevel = Logger.Level.info
  /// Words that stand in every line.
  public var metadata: Logger.Metadata = [:]
  private let file: AppendedFile

  /// A rank's log in a run's folder, gone on with if it is there.
  ///
  /// - Parameters:
  ///   - folder: The folder of logs; where it is not there, as on a machine that does not share the run's, nothing is
  ///     written.
  ///   - rank: The rank.
  ///   - host: Its machine.
  /// - Returns: A logger; nil where the log cannot be written.
  public static func logger(in folder: String, rank: Int, host: String) -> Logger? {
    let digits = String(rank)
    let number = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    guard let file = try? AppendedFile("\(folder)/rank-\(number).log") else { return nil }
    var log = RankLog(file: file)
    log.metadata = ["rank": "\(rank)", "host": "\(host)"]
    return Logger(label: "igbm-dist") { _ in log }
  }

  /// A word that stands in every line.
  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  /// Writes a line: time, level, rank and machine, message, what else is known.
  public func log(event: LogEvent) {
    let known = metadata.merging(event.metadata ?? [:]) { $1 }
    let words = known.keys.sorted().map { "\($0)=\(known[$0]!)" }.joined(separator: " ")
    let time = Date().ISO8601Format(.init(includingFractionalSeconds: true))
    let line = "\(time) \(event.level) \(event.message) [\(words)]"
    // A full disk loses it.
    file.append(Array((line.onOneLine + "\n").utf8))
  }
}
