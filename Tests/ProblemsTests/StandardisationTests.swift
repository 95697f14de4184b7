import BilevelOptimization
import Foundation
import Problems
import Randomness
import Testing

/// How tables are standardised: laws over random columns of every kind, inputs and targets, read from a file.
@Suite struct StandardisationTests {
  private enum Kind: CaseIterable {
    case plain, shifted, constant, zeros, nearlyConstant, oneApart, single
  }

  private static let rowCount = 40

  /// A column with deviations of about 1, times 2^exponent.
  private static func column(
    _ kind: Kind, _ stream: inout RandomStream, exponent: Int
  ) -> [Double] {
    let center = stream.uniform(in: 0.5..<2)
    let values: [Double] = (0..<rowCount).map { row in
      let number = stream.normal()
      return switch kind {
      case .plain: number
      case .shifted: number + 1_000
      case .constant: center
      case .zeros: 0
      // Rounding: in their last bits.
      case .nearlyConstant: center + Double(Int(number)) * center.ulp
      // Of a large mean, and differing by more than rounding.
      case .oneApart: 1e9 + Double(row % 2)
      // All the same but for one row.
      case .single: row == 5 ? 1 : 0
      }
    }
    return values.map { $0 * Double(sign: .plus, exponent: exponent, significand: 1) }
  }

  /// Some tasks' data of a table of such columns, the last of them the targets.
  private static func tasks(_ columns: [[Double]]) throws -> [TaskExamples] {
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent(UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let lines = (0..<rowCount).map { row in columns.map { "\($0[row])" }.joined(separator: ",") }
    try Data(lines.joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: path))
    var settings = RegularisationSettings()
    (settings.table.data, settings.table.kind, settings.train) = (path, .regression, 0)
    let problem = try Regularisation(settings, seed: 3)
    return try (0..<5).map { try problem.task($0, step: 0) }
  }

  /// -532 is about 1e-160, 528 about 1e159: their squares are no normal numbers.
  @Test(arguments: [-532, -44, -43, -1, 1, 40, 528, 900])
  func powersOfTwoChangeNoBit(_ exponent: Int) throws {
    var stream = RandomStream(seed: 51, purpose: .task)
    for (place, kind) in Kind.allCases.enumerated() {
      var columns = Kind.allCases.map { Self.column($0, &stream, exponent: 0) }
      columns.append(Self.column(place % 2 == 0 ? .plain : .shifted, &stream, exponent: 0))
      let before = try Self.tasks(columns)
      let factor = Double(sign: .plus, exponent: exponent, significand: 1)
      columns[place] = columns[place].map { $0 * factor }
      #expect(try Self.tasks(columns) == before, "column \(kind)")
      columns[columns.count - 1] = columns[columns.count - 1].map { $0 * factor }
      #expect(try Self.tasks(columns) == before, "target")
    }
  }

  /// Mean 0 and variance 1 over the training rows, or 0 in all rows; of one scale as of all others.
  @Test(arguments: [-1_000, -532, -43, 0, 528, 980])
  func columnsHaveMeanZeroAndVarianceOne(_ exponent: Int) throws {
    var stream = RandomStream(seed: 52, purpose: .task)
    let columns =
      Kind.allCases.map { Self.column($0, &stream, exponent: exponent) }
      + [Self.column(.plain, &stream, exponent: exponent)]
    for task in try Self.tasks(columns) {
      let (train, validate) = (task.train.data, task.validate.data)
      let (count, width) = (train.shape[0], train.shape[1])
      for (place, kind) in Kind.allCases.enumerated() {
        let values = (0..<count).map { train.values[$0 * width + place] }
        let others = (0..<validate.shape[0]).map { validate.values[$0 * width + place] }
        let mean = values.reduce(0, +) / Double(count)
        let variance = values.reduce(0) { $0 + $1 * $1 } / Double(count)
        switch kind {
        case .constant, .zeros, .nearlyConstant: #expect((values + others).allSatisfy { $0 == 0 })
        case .single where variance == 0: #expect((values + others).allSatisfy { $0 == 0 })
        default: #expect(abs(mean) < 1e-9 && abs(variance - 1) < 1e-9, "\(kind)")
        }
      }
      let mean = task.train.target.values.reduce(0, +) / Double(count)
      #expect(abs(mean) < 1e-12)
    }
  }

  /// What a fold holds changes nothing in how the others are standardised when it validates.
  @Test func theFoldThatValidatesIsNotSeen() throws {
    var stream = RandomStream(seed: 53, purpose: .task)
    var columns = [Kind.plain, .shifted, .plain].map { Self.column($0, &stream, exponent: 0) }
    let before = try Self.tasks(columns)
    var unchanged = 0
    for row in 0..<Self.rowCount {
      let kept = columns
      for place in columns.indices { columns[place][row] = 1e6 }
      let after = try Self.tasks(columns)
      columns = kept
      // In the task that this row validates, the training data are the same: in one, or in none if it tests.
      let same = zip(before, after).count { $0.train == $1.train }
      #expect(same == 1 || same == 5)
      unchanged += same == 1 ? 1 : 0
    }
    #expect(unchanged == 28)
  }
}
