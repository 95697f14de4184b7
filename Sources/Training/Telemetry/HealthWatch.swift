import BilevelOptimization
import Foundation

/// Warns of steps whose hypergradients deserve no trust, of training that collapses, and of ranks that hold the others up.
/// A kind that was warned of is left alone for 100 steps, then for 1,000, and so on.
public struct HealthWatch {
  /// Steps between the first warnings of a kind.
  private static let interval = 100
  /// Steps that a rank's pace is judged by.
  private static let window = 20
  /// How many times as slow as the median a rank must be.
  private static let slow = 2.0

  private enum Kind: Hashable {
    case method(String), growing, unconverged, loss, straggler
  }

  private let alarms: [Alarm]
  private let lowerTolerance: String
  private let hosts: [String]
  private var losses = LossCourse()
  /// What is wrong with the loss after the last step.
  private var collapse: LossCourse.Collapse?
  private var quiet: [Kind: (until: Int, steps: Int)] = [:]
  /// Seconds a task, of each rank, in the last steps.
  private var paces: [[Double]] = []

  /// A watch over a run.
  ///
  /// - Parameters:
  ///   - alarms: What the run's method is to be watched for.
  ///   - lowerTolerance: The setting's text, for the warning.
  ///   - hosts: The machines of the ranks.
  public init(_ alarms: [Alarm], lowerTolerance: String, hosts: [String]) {
    self.alarms = alarms
    self.lowerTolerance = lowerTolerance
    self.hosts = hosts
  }

  /// What is to be said after a step.
  public mutating func warnings(after s: StepSummary, _ timing: StepTiming?) -> [String] {
    let step = s.step + 1
    var warnings: [String] = []
    func some(_ count: Int) -> String { "step \(step): \(count) of \(s.tasks) " }
    for alarm in alarms {
      let count = alarm.count(s.figures)
      guard count > 0, isDue(.method(alarm.name), step) else { continue }
      warnings.append(some(count) + alarm.text(s.figures))
    }
    if 2 * s.growing > s.tasks, isDue(.growing, step) {
      warnings.append(
        some(s.growing) + "adaptations went the wrong way: the lower gradient more than "
          + "doubled over the lower steps; lower lower-rate")
    }
    if s.unconverged > 0, isDue(.unconverged, step) {
      warnings.append(
        some(s.unconverged) + "adaptations ended with a lower gradient above "
          + "lower-tolerance \(lowerTolerance) (the mean is "
          + String(format: "%.3g", s.lowerGradientNorm)
          + "): hypergradients are biased; raise lower-steps")
    }
    collapse = losses.note(s.upperLoss, step: s.step)
    if let collapse, isDue(.loss, step) { warnings.append("step \(step): \(collapse.text)") }
    if let timing, let straggler = straggler(timing), isDue(.straggler, step) {
      warnings.append("step \(step): \(straggler)")
    }
    return warnings
  }

  /// What is to be said where a run ends, after its last step, if that is not as it should be.
  public var warningAtEnd: String? {
    collapse.map { "the run ended with \($0.text)" }
  }

  private mutating func isDue(_ kind: Kind, _ step: Int) -> Bool {
    let (until, steps) = quiet[kind] ?? (step, Self.interval)
    guard step >= until else { return false }
    quiet[kind] = (step + steps, steps * 10)
    return true
  }

  /// The slowest rank, if it takes much longer for a task than the median rank, step after step.
  private mutating func straggler(_ timing: StepTiming) -> String? {
    paces.append(
      zip(timing.working, timing.tasks).map { $1 > 0 ? $0 / Double($1) : .nan })
    if paces.count > Self.window { paces.removeFirst() }
    guard paces.count == Self.window, hosts.count > 1 else { return nil }
    let medians = hosts.indices.map { rank in Self.median(paces.map { $0[rank] }) }
    let typical = Self.median(medians)
    guard
      let slowest = medians.indices.filter({ !medians[$0].isNaN }).max(by: {
        medians[$0] < medians[$1]
      }), medians[slowest] > Self.slow * typical
    else { return nil }
    let factor = String(format: "%.1f", medians[slowest] / typical)
    return "rank \(slowest) on \(hosts[slowest]) is slow: \(factor) times the median of the ranks "
      + "over \(Self.window) steps; --schedule dynamic gives it fewer tasks"
  }

  /// The middle of the numbers, the lower of two: of two ranks the faster is the measure.
  private static func median(_ numbers: [Double]) -> Double {
    let sorted = numbers.filter { !$0.isNaN }.sorted()
    return sorted.isEmpty ? .nan : sorted[(sorted.count - 1) / 2]
  }
}

extension LossCourse.Collapse {
  /// What happened, and what to do.
  package var text: String {
    func short(_ number: Double) -> String { String(format: "%.3g", number) }
    return "an upper loss of \(short(loss)), far above the \(short(before)) of step "
      + "\(stepBefore + 1) and before; lower upper-rate or lower-rate, and go on from a checkpoint "
      + "of before"
  }
}
