import BilevelOptimization
import Foundation

/// A line of JSON a step, with what the step did and nothing of when or where: a run that was stopped and taken up has the
/// same file, byte for byte, as one that was not.
public final class MetricsFile {
  private static let opening = "{\"step\":"
  private let descriptor: Int32
  /// Where the last whole line ends.
  private var end: Int
  /// Steps made before that have no line.
  public let missing: Int
  /// Lines that could not be written.
  public private(set) var lost = 0

  /// Opens the file, and cuts it to the lines of the steps that a run goes on from.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - steps: Steps made before.
  /// - Throws: ``StateError`` where it cannot be written.
  public init(_ path: String, after steps: Int) throws(StateError) {
    var kept: [UInt8] = []
    if steps > 0, FileManager.default.fileExists(atPath: path) {
      let bytes = try DurableFile.read(path)
      (kept, missing) = Self.lines(of: bytes, upTo: steps)
      if kept.count < bytes.count { try DurableFile.publish(kept, at: path) }
    } else {
      try DurableFile.publish([], at: path)
      missing = steps
    }
    end = kept.count
    descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw StateError(
        .notWritten, path,
        "cannot be opened: \(String(cString: strerror(errno))); choose another --output")
    }
  }

  deinit { close(descriptor) }

  /// The whole lines of steps up to the given one, and how many steps have none: they may have been lost when a disk was
  /// full.
  private static func lines(of bytes: [UInt8], upTo steps: Int) -> ([UInt8], missing: Int) {
    var (end, count, start) = (0, 0, 0)
    for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
      let line = String(decoding: bytes[start..<index], as: UTF8.self)
      guard let step = step(of: line), step <= steps else { break }
      (end, start, count) = (index + 1, index + 1, count + 1)
    }
    return (Array(bytes[..<end]), max(0, steps - count))
  }

  private static func step(of line: String) -> Int? {
    guard line.hasPrefix(Self.opening), line.hasSuffix("}") else { return nil }
    return Int(line.dropFirst(Self.opening.count).prefix { $0 != "," })
  }

  /// Appends a step's line. A full disk loses lines, which ``lost`` counts, but does not end the run.
  public func append(_ summary: StepSummary) {
    let line = Array((Self.line(summary) + "\n").utf8)
    var done = 0
    while done < line.count {
      let count = line.withUnsafeBytes {
        write(descriptor, $0.baseAddress! + done, line.count - done)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        lost += 1
        // Half a line would spoil the next one.
        ftruncate(descriptor, off_t(end))
        return
      }
      done += count
    }
    end += line.count
  }

  /// Has the disk take what was written: before a checkpoint that counts on it.
  public func synchronise() { fsync(descriptor) }

  static func line(_ s: StepSummary) -> String {
    let reasons = SolveReport.Reason.allCases.compactMap { reason in
      s.reasons[reason].flatMap { $0 > 0 ? "\"\(reason.rawValue)\":\($0)" : nil }
    }
    let fields = [
      "\"tasks\":\(s.tasks)", "\"skipped\":\(s.skipped)",
      "\"upper_loss\":\(s.upperLoss)", "\"worst_upper_loss\":\(s.worstUpperLoss)",
      "\"worst_task\":\(s.worstTask)", "\"lower_gradient_norm\":\(s.lowerGradientNorm)",
      "\"unconverged\":\(s.unconverged)",
      "\"hypergradient_norm\":\(s.hypergradientNorm)", "\"residual\":\(s.residual)",
      "\"smallest_curvature\":\(s.smallestCurvature.map { "\($0)" } ?? "null")",
      "\"products\":\(s.products)", "\"negative_curvature\":\(s.negativeCurvature)",
      "\"solves\":{\(reasons.joined(separator: ","))}",
    ]
    return opening + "\(s.step + 1),\(fields.joined(separator: ","))}"
  }
}
