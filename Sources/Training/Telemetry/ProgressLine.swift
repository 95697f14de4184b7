import Foundation

/// Progress for people: on a terminal one line that is drawn again, elsewhere a plain line now and then, the first and
/// the last step always. It uses no colour, whether or not `NO_COLOR` is set.
public struct ProgressLine {
  private let steps: Int
  private let completed: Int
  private let tasksPerStep: Int
  private let isTerminal: Bool
  private let columns: () -> Int?
  private let now: () -> Double
  private let write: (String) -> Void
  private let start: Double
  /// The first step that was reported, and when: what came before it was planning, too.
  private var first: (done: Int, time: Double)?
  private var lastShown: Double?
  /// The cursor is still on a line that is to be drawn again.
  private var isLineOpen = false
  /// Seconds between lines.
  private let interval: Double

  /// Progress towards a number of steps.
  ///
  /// - Parameters:
  ///   - steps: The steps to make, those done before included.
  ///   - completed: How many were done before, by a run that this one continues: they took none of its time.
  ///   - tasksPerStep: Tasks of each.
  ///   - isTerminal: Whether lines can be drawn again.
  ///   - columns: How many characters fit into the terminal's line now, if it is known: a line that is drawn again
  ///     must not run over into the next.
  ///   - now: A clock that never goes back, in seconds.
  ///   - write: Takes what is to be shown.
  public init(
    steps: Int, completed: Int = 0, tasksPerStep: Int, isTerminal: Bool,
    columns: @escaping () -> Int? = { ProgressLine.columnsOfStandardError },
    now: @escaping () -> Double = { ProcessInfo.processInfo.systemUptime },
    write: @escaping (String) -> Void = {
      try? FileHandle.standardError.write(contentsOf: Data($0.utf8))
    }
  ) {
    self.steps = steps
    self.completed = completed
    self.tasksPerStep = tasksPerStep
    self.isTerminal = isTerminal
    self.columns = columns
    self.now = now
    self.write = write
    start = now()
    interval = isTerminal ? 0.1 : 5
  }

  /// How many characters fit into a line of the terminal on standard error; nil where there is none.
  public static var columnsOfStandardError: Int? {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }

  /// Shows that a step is done, if it is time to.
  ///
  /// - Parameters:
  ///   - done: Steps done, from 1, those done before included.
  ///   - upperLoss: The mean upper loss of the step.
  public mutating func report(done: Int, upperLoss: Double) {
    let time = now()
    if first == nil { first = (done, time) }
    if let lastShown, done < steps, time - lastShown < interval { return }
    lastShown = time
    let line = line(done, upperLoss, time)
    if isTerminal {
      write("\r\u{1B}[K\(fitted("\(bar(done)) ", line))\(done < steps ? "" : "\n")")
      isLineOpen = done < steps
    } else {
      write(line + "\n")
    }
  }

  /// Leaves the line to other output, wherever the steps ended.
  public mutating func finish() {
    if isLineOpen { write("\n") }
    isLineOpen = false
  }

  private func line(_ done: Int, _ upperLoss: Double, _ time: Double) -> String {
    // The first step also makes plans: what follows is foretold from the others, once there are any.
    let hasFollowed = first.map { $0.done < done } ?? false
    let beginning = (done: completed, time: start)
    let from = hasFollowed ? first ?? beginning : beginning
    let (own, elapsed) = (Double(max(done - from.done, 0)), time - from.time)
    let rate = elapsed > 0 ? own * Double(tasksPerStep) / elapsed : 0
    let gap = max(String(steps).count - String(done).count, 0)
    var line =
      "step \(String(repeating: " ", count: gap))\(done)/\(steps)"
      + "  upper loss \(Self.loss(upperLoss))  \(String(format: "%.1f", rate)) tasks/s"
    if hasFollowed || done >= steps {
      let remaining = own > 0 ? elapsed / own * Double(max(steps - done, 0)) : 0
      line += "  \(Self.duration(remaining)) left"
    }
    return line
  }

  /// The line, without its bar or cut where the terminal is too narrow. The last column stays free, because some
  /// terminals go on to the next line when it is filled.
  private func fitted(_ bar: String, _ line: String) -> String {
    guard let columns = columns() else { return bar + line }
    return bar.count + line.count < columns ? bar + line : String(line.prefix(max(columns - 1, 0)))
  }

  private func bar(_ done: Int) -> String {
    let width = 20
    let share = steps > 0 ? min(max(Double(done) / Double(steps), 0), 1) : 1
    let filled = Int(Double(width) * share)
    return "[" + String(repeating: "=", count: filled)
      + String(repeating: " ", count: width - filled) + "]"
  }

  /// Five decimals, or where they would say little, five after the first digit.
  private static func loss(_ value: Double) -> String {
    let isPlain = value == 0 || (1e-3..<1e6).contains(value.magnitude)
    return String(format: isPlain ? "%.5f" : "%.5e", value)
  }

  /// A duration as people write it: 4.2 s, 3 min 05 s, 2 h 07 min.
  static func duration(_ seconds: Double) -> String {
    if seconds < 59.95 { return String(format: "%.1f s", seconds) }
    let whole = Int(min(seconds, 1e9).rounded())
    if whole < 3600 { return String(format: "%d min %02d s", whole / 60, whole % 60) }
    return String(format: "%d h %02d min", whole / 3600, whole % 3600 / 60)
  }
}
