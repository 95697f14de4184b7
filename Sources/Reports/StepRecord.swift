import Foundation
import Training

/// A line of a run's file.
protocol LineRecord: Decodable {
  /// Whether its numbers are of a size that a run can have: damaged and crafted files may hold any.
  var isPossible: Bool { get }
}

/// A line of metrics.jsonl, as far as it is there: older runs wrote fewer numbers.
struct StepRecord: LineRecord, Sendable {
  let step: Int
  let tasks: Int?
  let skipped: Int?
  let upperLoss: Double?
  let worstUpperLoss: Double?
  let lowerGradientNorm: Double?
  let unconverged: Int?
  let growing: Int?
  let hypergradientNorm: Double?
  let residual: Double?
  let smallestCurvature: Double?
  let products: Int?
  let negativeCurvature: Int?
  let diverging: Int?
  let solves: [String: Int]?

  var isPossible: Bool {
    let counts = [
      tasks, skipped, unconverged, growing, products, negativeCurvature, diverging,
    ]
    // A million tasks of a million products.
    return (1...1_000_000_000).contains(step)
      && (counts.compactMap(\.self) + (solves ?? [:]).values).allSatisfy {
        (0...1_000_000_000_000).contains($0)
      }
  }
}

extension [StepRecord] {
  /// A count over all steps, or the largest number there is.
  func total(_ count: (StepRecord) -> Int?) -> Int {
    reduce(0) { sum, record in
      let (total, isTooLarge) = sum.addingReportingOverflow(count(record) ?? 0)
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

/// Reads files of one JSON object a line, and believes none of them.
enum LineFile {
  /// The lines' objects; the last line may be cut off, because a run may still be writing it.
  ///
  /// - Throws: `StateError` where the file cannot be read, or a line is not what it should be.
  static func read<Record: LineRecord>(_ path: String, as _: Record.Type) throws -> [Record] {
    let bytes = try DurableFile.read(path)
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
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
