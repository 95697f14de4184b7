import BilevelOptimization
import Foundation

/// A line of JSON a step, with what the step did and nothing of when or where: a run that was stopped and taken up has the
/// same file, byte for byte, as one that was not.
public final class MetricsFile {
  private let path: String
  private var descriptor: Int32
  /// Lines that could not be written.
  public private(set) var lost = 0

  /// Opens the file, and cuts it to the lines of the steps that a run goes on from.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - steps: Steps made before.
  /// - Throws: ``StateError`` where it cannot be written, or lacks steps that were made.
  public init(_ path: String, after steps: Int) throws(StateError) {
    self.path = path
    if steps == 0 {
      try DurableFile.publish([], at: path)
    } else {
      let bytes = try DurableFile.read(path)
      let end = Self.end(ofLines: steps, in: bytes)
      guard let end else {
        throw StateError(
          .malformed, path,
          "has fewer lines than the \(steps) steps made; start anew with "
            + "--resume never, or put back the file")
      }
      if end < bytes.count { try DurableFile.publish(Array(bytes[..<end]), at: path) }
    }
    descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw StateError(
        .notWritten, path,
        "cannot be opened: \(String(cString: strerror(errno))); choose another --output")
    }
  }

  deinit { close(descriptor) }

  /// Where the given number of whole lines ends; `nil` where there are fewer.
  private static func end(ofLines count: Int, in bytes: [UInt8]) -> Int? {
    var lines = 0
    for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
      lines += 1
      if lines == count { return index + 1 }
    }
    return nil
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
        return
      }
      done += count
    }
  }

  /// Has the disk take what was written: before a checkpoint that counts on it.
  public func synchronise() { fsync(descriptor) }

  static func line(_ s: StepSummary) -> String {
    let reasons = SolveReport.Reason.allCases.compactMap { reason in
      s.reasons[reason].flatMap { $0 > 0 ? "\"\(reason.rawValue)\":\($0)" : nil }
    }
    let fields = [
      "\"step\":\(s.step + 1)", "\"tasks\":\(s.tasks)", "\"skipped\":\(s.skipped)",
      "\"upper_loss\":\(s.upperLoss)", "\"lower_gradient_norm\":\(s.lowerGradientNorm)",
      "\"hypergradient_norm\":\(s.hypergradientNorm)", "\"residual\":\(s.residual)",
      "\"products\":\(s.products)", "\"negative_curvature\":\(s.negativeCurvature)",
      "\"solves\":{\(reasons.joined(separator: ","))}",
    ]
    return "{\(fields.joined(separator: ","))}"
  }
}
