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
    let factors: [Character: Int] = ["s": 1, "m": 60, "h": 3600]
    let factor = argument.last.flatMap { factors[$0] }
    guard let number = Int(factor == nil ? argument : String(argument.dropLast())),
      0...1_000_000_000 ~= number
    else { return nil }
    self.init(count: number * (factor ?? 1), unit: factor == nil ? .steps : .seconds)
  }

  /// Whether a checkpoint is due after a step; `elapsed` seconds have passed since the last one.
  func isDue(after step: Int, elapsed: Double) -> Bool {
    guard count > 0 else { return false }
    return unit == .steps ? step % count == 0 : elapsed >= Double(count)
  }
}
