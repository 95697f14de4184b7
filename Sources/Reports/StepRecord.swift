import BilevelOptimization
import Foundation
import Training

/// A line of a run's file.
protocol LineRecord: Decodable {
  /// Whether its numbers are of a size that a run can have: damaged and crafted files may hold any.
  var isPossible: Bool { get }
}

/// A line of metrics.jsonl: numbers, and tasks by outcome, each under its name; older runs wrote fewer.
struct StepRecord: LineRecord, Sendable {
  let step: Int
  private let numbers: [String: Double]
  private let outcomes: [String: [String: Int]]
  /// The problem's own numbers of the upper model.
  let followed: [String: Double]

  init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: FieldName.self)
    var (numbers, outcomes): ([String: Double], [String: [String: Int]]) = ([:], [:])
    var followed: [String: Double] = [:]
    for key in fields.allKeys where try !fields.decodeNil(forKey: key) {
      if let number = try? fields.decode(Double.self, forKey: key) {
        numbers[key.stringValue] = number
      } else if key.stringValue == MetricsFormat.followedField {
        followed = try fields.decode([String: Double].self, forKey: key)
      } else {
        outcomes[key.stringValue] = try fields.decode([String: Int].self, forKey: key)
      }
    }
    step = try fields.decode(Int.self, forKey: FieldName(stringValue: "step"))
    (self.numbers, self.outcomes, self.followed) = (numbers, outcomes, followed)
  }

  /// The trainer's counts, and those of all methods.
  private static let counted: Set<String> = {
    let figures = MethodName.allCases.flatMap(\.figures)
    let told = figures.filter { $0.combination == .sum || $0.combination == .count }
    return Set(["tasks", "skipped", "unconverged", "growing"] + told.map(\.name))
  }()

  /// A million tasks of a million products.
  private static let possibleCounts = 0...1e12

  var isPossible: Bool {
    let counts = Self.counted.compactMap { numbers[$0] }
    let ended = outcomes.values.flatMap { $0.values.map(Double.init) }
    return (1...1_000_000_000).contains(step)
      && (counts + ended).allSatisfy(Self.possibleCounts.contains)
  }

  /// A number; nil where the line has none of the name.
  func number(_ name: String) -> Double? { numbers[name] }

  /// A count; 0 where the line has none of the name.
  func whole(_ name: String) -> Int {
    guard let count = numbers[name], Self.possibleCounts.contains(count) else { return 0 }
    return Int(exactly: count) ?? 0
  }

  /// What a method's figures came to.
  func values(_ figures: [Figure]) -> FigureValues {
    FigureValues(
      figures,
      figures.map { figure in
        switch figure.combination {
        case .mean, .least: .number(number(figure.name))
        case .sum, .count: .whole(whole(figure.name))
        case .outcomes(let all): .outcomes(all.map { outcomes[figure.name]?[$0.name] ?? 0 })
        case .parameter: .parameter(nil)
        }
      })
  }

  private struct FieldName: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
}

extension [StepRecord] {
  /// A count over all steps, or the largest number there is.
  func total(_ count: (StepRecord) -> Int) -> Int {
    reduce(0) { sum, record in
      let (total, isTooLarge) = sum.addingReportingOverflow(count(record))
      return isTooLarge ? .max : total
    }
  }
}

/// A line of timings.jsonl: arrays have a number a rank, in seconds.
struct TimingRecord: LineRecord, Sendable {
  let step: Int
  let seconds: Double
  let adapting: [Double]
  let solving: [Double]
  let waiting: [Double]
  let communicating: [Double]

  var isPossible: Bool {
    (1...1_000_000_000).contains(step)
      && ([seconds] + adapting + solving + waiting + communicating).allSatisfy {
        (0...1e12).contains($0)
      }
  }
}

extension HeldOutFile.Line: LineRecord {
  var isPossible: Bool {
    (1...1_000_000_000).contains(step) && (0...10_000_000).contains(tasks)
      && [before, beforeHalfWidth, after, afterHalfWidth].allSatisfy(\.isFinite)
  }
}

/// Reads files of one JSON object a line, and believes none of them.
enum LineFile {
  /// The lines' objects; the last line may be cut off, because a run may still be writing it.
  ///
  /// - Throws: `StateError` where the file cannot be read, or a line is not what it should be.
  static func read<Record: LineRecord>(_ path: String, as _: Record.Type) throws -> [Record] {
    let bytes = try DurableFile.read(path)
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let isWhole = bytes.last == UInt8(ascii: "\n")
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true)
    return try lines.enumerated().compactMap { number, line in
      do {
        let record = try decoder.decode(Record.self, from: Data(line))
        if record.isPossible { return record }
      } catch {
        if number == lines.count - 1, !isWhole { return nil }
      }
      throw StateError(
        .malformed, path,
        "line \(number + 1) is not what a run writes; put back the file, or take out the line")
    }
  }
}
