import BilevelOptimization
import Foundation

/// A line a step, with what the step did and nothing of when or where: a run that was stopped and taken up has the same file,
/// byte for byte, as one that was not.
public final class MetricsFile {
  private let format: MetricsFormat
  let file: AppendedFile
  /// Steps made before that have no line.
  public let missing: Int

  /// Opens the file, and cuts it to the lines of the steps that a run goes on from. Where it has other columns, what it has of
  /// those that are wanted goes into a new one, and the old one stays as `NAME.until-STEPS`.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - format: How a step is written.
  ///   - figures: What the method tells of steps.
  ///   - steps: Steps made before.
  /// - Throws: ``StateError`` where it cannot be written.
  public init(
    _ path: String, _ format: MetricsFormat = .jsonLines, figures: [Figure], after steps: Int
  ) throws(StateError) {
    self.format = format
    let header = Array((format.header(figures).map { $0 + "\n" } ?? "").utf8)
    var kept = header
    if steps > 0, FileManager.default.fileExists(atPath: path) {
      let bytes = try DurableFile.read(path)
      let isSame = bytes.starts(with: header)
      // Of another version of the program, or another method: it stays as it is, beside the new one.
      if !isSame { try DurableFile.publish(bytes, at: "\(path).until-\(steps)") }
      let whole = isSame ? bytes : header + format.lines(of: bytes, figures)
      (kept, missing) = Self.lines(
        of: whole, after: header.count, upTo: steps
      ) { format.step(of: $0, figures) }
      if kept != bytes { try DurableFile.publish(kept, at: path) }
    } else {
      try DurableFile.publish(header, at: path)
      missing = steps
    }
    file = try AppendedFile(path)
  }

  /// The header and the whole lines of steps up to the given one, and how many steps have none: they may have been lost
  /// when a disk was full.
  private static func lines(
    of bytes: [UInt8], after header: Int, upTo steps: Int, _ step: (String) -> Int?
  ) -> ([UInt8], missing: Int) {
    var (end, count) = (header, 0)
    for index in header..<bytes.count where bytes[index] == UInt8(ascii: "\n") {
      let line = String(decoding: bytes[end..<index], as: UTF8.self)
      guard let step = step(line), step <= steps else { break }
      (end, count) = (index + 1, count + 1)
    }
    return (Array(bytes[..<end]), max(0, steps - count))
  }

  /// Appends a step's line. A full disk loses lines, which ``RunRecords/lost`` counts, but does not end the run.
  public func append(_ summary: StepSummary) {
    file.append(Array((format.line(summary) + "\n").utf8))
  }

  /// Has the disk take what was written: before a checkpoint that counts on it.
  ///
  /// - Returns: A warning where it did not, or the file is gone.
  public func synchronise() -> String? { synchronise(.system) }

  package func synchronise(_ calls: FileCalls) -> String? { file.synchronise(calls) }
}
