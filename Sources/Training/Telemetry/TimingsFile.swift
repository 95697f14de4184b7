import Foundation

/// A line of JSON a step that says where its time went, by rank. Unlike the metrics it differs from run to run; a run that
/// is taken up goes on in the same file, where steps that were lost come again.
public final class TimingsFile {
  private let descriptor: Int32

  /// Opens the file.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - isNew: Whether what is in it belongs to another run.
  /// - Throws: ``StateError`` where it cannot be written.
  public init(_ path: String, isNew: Bool) throws(StateError) {
    let flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | (isNew ? O_TRUNC : 0)
    descriptor = open(path, flags, 0o666)
    guard descriptor >= 0 else {
      throw StateError(
        .notWritten, path,
        "cannot be opened: \(String(cString: strerror(errno))); choose another --output")
    }
  }

  deinit { close(descriptor) }

  /// Appends a step's line. Where the disk is full it is lost: times are no results.
  public func append(_ timing: StepTiming) {
    let line = Array((Self.line(timing) + "\n").utf8)
    _ = line.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
  }

  static func line(_ t: StepTiming) -> String {
    func list(_ seconds: [Double]) -> String {
      "[\(seconds.map { String(format: "%.6f", $0) }.joined(separator: ","))]"
    }
    let fields = [
      "\"step\":\(t.step + 1)", "\"seconds\":\(String(format: "%.6f", t.seconds))",
      "\"tasks\":[\(t.tasks.map(String.init).joined(separator: ","))]",
      "\"adapting\":\(list(t.adapting))", "\"solving\":\(list(t.solving))",
      "\"waiting\":\(list(t.waiting))", "\"communicating\":\(list(t.communicating))",
    ]
    return "{\(fields.joined(separator: ","))}"
  }
}
