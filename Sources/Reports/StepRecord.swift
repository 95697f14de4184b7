import Foundation
import Training

/// A line of metrics.jsonl, as far as it is there: older runs wrote fewer numbers.
struct StepRecord: Decodable, Sendable {
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
    decoder.keyDecodingStrategy = .convertFromSnakeCase
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
