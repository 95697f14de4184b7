import BilevelOptimization
import Foundation

/// What rank 0 writes while a run goes on: metrics, held-out scores, times, and what else was asked for.
public final class RunRecords {
  /// Metrics in other forms than lines of JSON.
  public enum Extra: String, Sendable, CaseIterable {
    /// metrics.csv.
    case csv
    /// Event files in the folder `tensorboard`.
    case tensorboard
  }

  private let metrics: [MetricsFile]
  private let timings: TimingsFile
  private let events: EventFile?
  private let heldOut: HeldOutFile?
  /// Steps made before that the metrics lack.
  public var missing: Int { metrics[0].missing }
  /// Files that lost lines, as on a full disk, and how many.
  public var lost: [(path: String, lines: Int)] {
    files.filter { $0.lost > 0 }.map { ($0.path, $0.lost) }
  }
  /// Files that did not take their last line.
  public var losing: [String] { files.filter(\.isLosing).map(\.path) }
  private var files: [AppendedFile] {
    metrics.map(\.file) + [heldOut?.file, timings.file, events?.file].compactMap(\.self)
  }

  /// Opens the files of a run's folder.
  ///
  /// - Parameters:
  ///   - folder: The run's.
  ///   - extras: What is written besides metrics.jsonl and timings.jsonl.
  ///   - figures: What the method tells of steps.
  ///   - isScored: Whether there will be held-out scores on the way.
  ///   - steps: Steps made before.
  /// - Throws: ``StateError`` where they cannot be written.
  public init(
    in folder: RunFolder, _ extras: [Extra], figures: [Figure], isScored: Bool = false,
    after steps: Int
  ) throws(StateError) {
    let formats: [MetricsFormat] =
      extras.contains(.csv) ? [.jsonLines, .commaSeparated] : [.jsonLines]
    metrics = try formats.map { format throws(StateError) in
      try MetricsFile(
        "\(folder.path)/\(format.fileName)", format, figures: figures, after: steps)
    }
    let scores = "\(folder.path)/\(HeldOutFile.name)"
    // Where there are scores of before, those of later steps go.
    heldOut =
      isScored || FileManager.default.fileExists(atPath: scores)
      ? try HeldOutFile(scores, after: steps) : nil
    timings = try TimingsFile(folder.timingsPath, isNew: steps == 0)
    events =
      extras.contains(.tensorboard)
      ? try EventFile(in: "\(folder.path)/tensorboard", after: steps) : nil
  }

  /// Appends a step.
  public func append(_ summary: StepSummary, _ timing: StepTiming?) {
    for file in metrics { file.append(summary) }
    if let timing { timings.append(timing) }
    events?.append(summary, timing)
  }

  /// Appends held-out scores after so many steps.
  public func append(_ evaluation: Evaluation, after step: Int) {
    heldOut?.append(evaluation, after: step)
  }

  /// Has the disk take the metrics: before a checkpoint that counts on them.
  ///
  /// - Returns: Warnings where it did not, or files are gone.
  public func synchronise() -> [String] {
    metrics.compactMap { $0.synchronise() } + [heldOut?.file.synchronise()].compactMap(\.self)
  }
}
