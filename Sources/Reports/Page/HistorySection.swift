import Foundation
import Problems
import Training

/// Who ran it when, where and how, and how that ended.
struct HistorySection {
  private let run: StoredRun
  private let name: String?

  init(_ run: StoredRun, _ name: String?) {
    self.run = run
    self.name = name
  }

  var html: HTML {
    let rows = Self.rows(run.history)
    guard !rows.isEmpty else { return .none }
    return .element("section") {
      HTML.element("h2") { HTML.text("Sessions" + (name.map { ": \($0)" } ?? "")) }
      ResultTable(
        rows.count == 1 ? "One session" : "\(rows.count) sessions",
        columns: ["began (UTC)", "host", "ranks", "took", "ended", "command"], rows: rows
      ).html
    }
  }

  /// A row a session.
  static func rows(_ history: [RunHistory.Entry]) -> [[String]] {
    var rows: [[String]] = []
    for entry in history {
      if let start = entry.start {
        rows.append(
          [
            entry.time, start.host, "\(start.ranks)", "", "killed, or under way", start.command,
          ])
      } else if let end = entry.end, let last = rows.indices.last {
        rows[last][3] = TimeText.words(end.seconds)
        rows[last][4] = words(end)
      }
    }
    return rows
  }

  private static func words(_ end: RunHistory.End) -> String {
    let code = end.code == 0 ? "done" : "exit code \(end.code)"
    return end.error.map { "\(code): \($0)" } ?? code
  }
}

/// Lengths of time as people read them.
enum TimeText {
  static func words(_ seconds: Double) -> String {
    if seconds < 1 { return String(format: "%.0f ms", 1000 * seconds) }
    if seconds < 100 { return String(format: "%.1f s", seconds) }
    return String(format: "%.1f min", seconds / 60)
  }
}
