import Foundation

/// A line of JSON a step that says where its time went, by rank. Unlike the metrics it differs from run to run; a run that
/// is taken up goes on in the same file, where steps that were lost come again.
public final class TimingsFile {
  let file: AppendedFile

  /// Opens the file.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - isNew: Whether what is in it belongs to another run.
  /// - Throws: ``StateError`` where it cannot be written.
  public init(_ path: String, isNew: Bool) throws(StateError) {
    file = try AppendedFile(path, emptied: isNew)
  }

  /// Appends a step's line. Where the disk is full it is lost.
  public func append(_ timing: StepTiming) { file.append(Array((Self.line(timing) + "\n").utf8)) }

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
