import Foundation

/// What is known of a run's sessions, a line of JSON each time something is: who started it when, where and how, what was
/// warned of, and how it ended. For people: nothing that a run does depends on it, and lines that cannot be written are
/// lost.
public final class RunHistory {
  /// A line.
  public struct Entry: Codable, Sendable, Equatable {
    /// When, in UTC: `2026-05-04T03:02:01Z`.
    public var time: String
    /// Where and how a session began; nil for the other lines.
    public var start: Start?
    /// What was warned of.
    public var warning: String?
    /// How a session ended.
    public var end: End?
  }

  /// The beginning of a session.
  public struct Start: Codable, Sendable, Equatable {
    /// The machine of rank 0.
    public var host: String
    /// How many ranks.
    public var ranks: Int
    /// The command line.
    public var command: String

    /// The beginning of a session.
    public init(host: String, ranks: Int, command: String) {
      self.host = host
      self.ranks = ranks
      self.command = command
    }
  }

  /// The end of a session.
  public struct End: Codable, Sendable, Equatable {
    /// The exit code.
    public var code: Int
    /// What was wrong, if anything was.
    public var error: String?
    /// Seconds since its beginning.
    public var seconds: Double
  }

  /// The file's name in the run's folder.
  public static let name = "history.jsonl"
  private let path: String
  /// Open while there is a session.
  private var file: AppendedFile?
  private let now: () -> Date
  private let uptime: () -> Double
  /// The uptime when the session began, while there is one.
  private var start: Double?

  /// The history of a run in a folder; nothing is written yet.
  ///
  /// - Parameters:
  ///   - folder: The run's folder.
  ///   - now: The date.
  ///   - uptime: A clock that never goes back, in seconds.
  public init(
    in folder: String, now: @escaping () -> Date = { Date() },
    uptime: @escaping () -> Double = { ProcessInfo.processInfo.systemUptime }
  ) {
    path = "\(folder)/\(Self.name)"
    self.now = now
    self.uptime = uptime
  }

  /// Begins a session.
  ///
  /// - Parameters:
  ///   - session: Where and how.
  ///   - isNew: Whether it is another run than the one before: that one's history is forgotten.
  /// - Returns: A warning where it cannot be written.
  @discardableResult
  public func begin(_ session: Start, isNew: Bool) -> String? {
    start = uptime()
    do throws(StateError) {
      file = try AppendedFile(path, emptied: isNew)
    } catch {
      return "\(error)"
    }
    append(Entry(time: time, start: session))
    return nil
  }

  /// Notes a warning, if a session has begun.
  public func warn(_ text: String) {
    if start != nil { append(Entry(time: time, warning: text)) }
  }

  /// Ends the session, if one has begun.
  public func end(code: Int, error: String? = nil) {
    guard let start else { return }
    append(Entry(time: time, end: End(code: code, error: error, seconds: uptime() - start)))
    self.start = nil
    file = nil
  }

  /// What a folder's history says; what cannot be read is left out.
  public static func entries(in folder: String) -> [Entry] {
    guard let bytes = try? DurableFile.read("\(folder)/\(name)", atMost: longest) else { return [] }
    let decoder = JSONDecoder()
    return bytes.split(separator: UInt8(ascii: "\n")).compactMap {
      try? decoder.decode(Entry.self, from: Data($0))
    }
  }

  private static var longest: Int { 1 << 26 }

  private var time: String { now().formatted(.iso8601) }

  private func append(_ entry: Entry) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let line = try? encoder.encode(entry) else { return }
    file?.append(Array(line) + [UInt8(ascii: "\n")])
  }
}
