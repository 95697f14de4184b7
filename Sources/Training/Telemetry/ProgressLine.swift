import Foundation

/// Progress for people: on a terminal one line that is drawn again, elsewhere a plain line now and then, the first and
/// the last step always.
public struct ProgressLine {
  private let steps: Int
  private let tasksPerStep: Int
  private let isTerminal: Bool
  private let now: () -> Double
  private let write: (String) -> Void
  private let start: Double
  private var lastShown: Double
  /// Seconds between lines.
  private let interval: Double

  /// Progress towards a number of steps.
  ///
  /// - Parameters:
  ///   - steps: The steps to make.
  ///   - tasksPerStep: Tasks of each.
  ///   - isTerminal: Whether lines can be drawn again.
  ///   - now: A clock that never goes back, in seconds.
  ///   - write: Takes what is to be shown.
  public init(
    steps: Int, tasksPerStep: Int, isTerminal: Bool,
    now: @escaping () -> Double = { ProcessInfo.processInfo.systemUptime },
    write: @escaping (String) -> Void = { FileHandle.standardError.write(Data($0.utf8)) }
  ) {
    self.steps = steps
    self.tasksPerStep = tasksPerStep
    self.isTerminal = isTerminal
    self.now = now
    self.write = write
    start = now()
    lastShown = -.infinity
    interval = isTerminal ? 0.1 : 5
  }

  /// Shows that a step is done, if it is time to.
  ///
  /// - Parameters:
  ///   - done: Steps done, from 1.
  ///   - upperLoss: The mean upper loss of the step.
  public mutating func report(done: Int, upperLoss: Double) {
    let time = now()
    guard done == 1 || done == steps || time - lastShown >= interval else { return }
    lastShown = time
    let elapsed = time - start
    let rate = elapsed > 0 ? Double(done * tasksPerStep) / elapsed : 0
    let remaining = elapsed / Double(done) * Double(steps - done)
    let width = String(steps).count
    let count = String(repeating: " ", count: width - String(done).count) + String(done)
    var line = "step \(count)/\(steps)  upper loss \(String(format: "%.5f", upperLoss))"
    line += "  \(String(format: "%.1f", rate)) tasks/s  \(Self.duration(remaining)) left"
    if isTerminal {
      write("\r\u{1B}[K\(bar(done)) \(line)\(done == steps ? "\n" : "")")
    } else {
      write(line + "\n")
    }
  }

  private func bar(_ done: Int) -> String {
    let width = 20
    let filled = steps == 0 ? width : width * done / steps
    return "[" + String(repeating: "=", count: filled)
      + String(repeating: " ", count: width - filled) + "]"
  }

  /// A duration as people write it: 4.2 s, 3 min 05 s, 2 h 07 min.
  static func duration(_ seconds: Double) -> String {
    if seconds < 60 { return String(format: "%.1f s", seconds) }
    let whole = Int(min(seconds, 1e9))
    if whole < 3600 { return String(format: "%d min %02d s", whole / 60, whole % 60) }
    return String(format: "%d h %02d min", whole / 3600, whole % 3600 / 60)
  }
}
