import ArgumentParser
import Foundation

/// When checkpoints are due: after so many steps, or when so much time has passed. Time decides when a state is stored,
/// never what is in it.
struct CheckpointSchedule: ExpressibleByArgument, Sendable, Equatable {
  /// What is counted.
  enum Unit: Equatable { case steps, seconds }

  let count: Int
  let unit: Unit

  static let never = CheckpointSchedule(count: 0, unit: .steps)

  /// What help says of it.
  var defaultValueDescription: String { "never" }

  private init(count: Int, unit: Unit) {
    self.count = count
    self.unit = unit
  }

  /// "50" steps, "90s", "10m" or "2h".
  init?(argument: String) {
    if let time = TimeLimit.seconds(argument) {
      self.init(count: time, unit: .seconds)
    } else if let steps = Int(argument), 0...1_000_000_000 ~= steps {
      self.init(count: steps, unit: .steps)
    } else {
      return nil
    }
  }

  /// Whether a checkpoint is due after a step; `elapsed` seconds have passed since the last one.
  func isDue(after step: Int, elapsed: Double) -> Bool {
    guard count > 0 else { return false }
    return unit == .steps ? step % count == 0 : elapsed >= Double(count)
  }
}
