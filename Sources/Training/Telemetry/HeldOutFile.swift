import Foundation

/// Held-out scores on the way, a line a measure and scoring: like the metrics, the same for a run that was stopped and taken
/// up as for one that was not.
public final class HeldOutFile {
  /// A line.
  public struct Line: Codable, Sendable, Equatable {
    /// Steps made.
    public var step: Int
    /// Tasks scored.
    public var tasks: Int
    /// What was measured.
    public var measure: String
    /// The mean before adaptation, and half the width of its 95 % interval.
    public var before, beforeHalfWidth: Double
    /// The same after adaptation.
    public var after, afterHalfWidth: Double

    enum CodingKeys: String, CodingKey {
      case step, tasks, measure, before, after
      case beforeHalfWidth = "before_half_width"
      case afterHalfWidth = "after_half_width"
    }
  }

  /// The file's name in the run's folder.
  public static let name = "held-out.jsonl"
  let file: AppendedFile

  /// Opens the file, and cuts it to the scorings before the step that a run goes on from: those after it are made anew.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - steps: Steps made before.
  /// - Throws: ``StateError`` where it cannot be written.
  public init(_ path: String, after steps: Int) throws(StateError) {
    if FileManager.default.fileExists(atPath: path) {
      let bytes = try DurableFile.read(path)
      let kept = steps > 0 ? Self.lines(of: bytes, before: steps) : []
      if kept != bytes { try DurableFile.publish(kept, at: path) }
    }
    file = try AppendedFile(path)
  }

  /// The whole lines of steps before the given one.
  private static func lines(of bytes: [UInt8], before steps: Int) -> [UInt8] {
    var end = 0
    for index in bytes.indices where bytes[index] == UInt8(ascii: "\n") {
      let line = try? JSONDecoder().decode(Line.self, from: Data(bytes[end..<index]))
      guard let line, line.step < steps else { break }
      end = index + 1
    }
    return Array(bytes[..<end])
  }

  /// Appends a line a measure. Where the disk is full they are lost.
  public func append(_ evaluation: Evaluation, after step: Int) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    for score in evaluation.scores {
      let line = Line(
        step: step, tasks: evaluation.tasks, measure: score.measure.name, before: score.before.mean,
        beforeHalfWidth: score.before.halfWidth, after: score.after.mean,
        afterHalfWidth: score.after.halfWidth)
      // All scores are finite: an evaluation throws otherwise.
      guard let bytes = try? encoder.encode(line) else { continue }
      file.append(Array(bytes) + [UInt8(ascii: "\n")])
    }
  }
}
