import BilevelOptimization
import Foundation
import Training

/// A line of metrics.jsonl: numbers, and tasks by outcome, each under its name; older runs wrote fewer.
struct StepRecord: Decodable, Sendable {
  let step: Int
  private let numbers: [String: Double]
  private let outcomes: [String: [String: Int]]

  init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: FieldName.self)
    var (numbers, outcomes): ([String: Double], [String: [String: Int]]) = ([:], [:])
    for key in fields.allKeys where try !fields.decodeNil(forKey: key) {
      if let number = try? fields.decode(Double.self, forKey: key) {
        numbers[key.stringValue] = number
      } else {
        outcomes[key.stringValue] = try fields.decode([String: Int].self, forKey: key)
      }
    }
    step = try fields.decode(Int.self, forKey: FieldName(stringValue: "step"))
    (self.numbers, self.outcomes) = (numbers, outcomes)
  }

  /// A number; nil where the line has none of the name.
  func number(_ name: String) -> Double? { numbers[name] }

  /// A whole number; 0 where the line has none of the name.
  func whole(_ name: String) -> Int { numbers[name].flatMap { Int(exactly: $0) } ?? 0 }

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

/// A line of timings.jsonl: arrays have a number a rank, in seconds.
struct TimingRecord: Decodable, Sendable {
  let step: Int
  let seconds: Double
  let adapting: [Double]
  let solving: [Double]
  let waiting: [Double]
  let communicating: [Double]
}

/// Reads files of one JSON object a line, and believes none of them.
enum LineFile {
  /// The lines' objects; the last line may be cut off, because a run may still be writing it.
  ///
  /// - Throws: `StateError` where the file cannot be read, or a line is not what it should be.
  static func read<Record: Decodable>(_ path: String, as _: Record.Type) throws -> [Record] {
    let bytes = try DurableFile.read(path)
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let isWhole = bytes.last == UInt8(ascii: "\n")
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true)
    return try lines.enumerated().compactMap { number, line in
      do {
        return try decoder.decode(Record.self, from: Data(line))
      } catch {
        if number == lines.count - 1, !isWhole { return nil }
        throw StateError(
          .malformed, path,
          "line \(number + 1) is not what a run writes; put back the file, or take out the line")
      }
    }
  }
}
