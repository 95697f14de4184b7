import BilevelOptimization
import Foundation
import Models
import Tensors

extension LearntAugmentation {
  /// The strengths at the beginning and in the end; and the accuracy of the lower model that was trained along with them and, to
  /// compare, of those that were trained as long from the start with the learnt strengths, the first ones, and without any.
  ///
  /// - Throws: What adaptation and predictions throw: `HypergradientError`, `TensorError`.
  public func results(_ training: Adaptation<ChangeStrengths, Sequential>) throws -> [ResultTable] {
    let learnt = upperModel.values
    let strengths = zip(settings.used, learnt).map { first, logarithm in
      [
        first.change.rawValue, String(format: "%.4g", first.strength),
        String(format: "%.4g", exp(logarithm)), first.change.unit,
      ]
    }
    let (scored, name) = parts.scored
    let rows = try models(training).map { model in
      [model.name, String(format: "%.4f", try classifier.accuracy(model.values, on: scored))]
    }
    return [
      ResultTable(
        "Strengths of changes", columns: ["", "first", "learnt", "unit"], rows: strengths),
      ResultTable(
        "\(name) accuracy (\(scored.count) images) after training on \(parts.train.count) with",
        columns: ["", "accuracy"], rows: rows),
    ]
  }

  /// The strengths.
  public func followed() -> [FollowedNumber] {
    zip(settings.used, upperModel.values).map { first, logarithm in
      FollowedNumber(first.change.rawValue, exp(logarithm))
    }
  }

  private func models(
    _ training: Adaptation<ChangeStrengths, Sequential>
  ) throws -> [(name: String, values: [Double])] {
    let along = ("strengths as they were learnt", try lower(training))
    guard settings.compare else { return [along] }
    let learnt = upperModel.values
    defer { upperModel.values = learnt }
    let others = [
      ("learnt strengths, from the start", learnt), ("first strengths", firstValues),
      ("images as they are", learnt.map { _ in Self.nothing }),
    ]
    return try [along]
      + others.map { name, values in
        upperModel.values = values
        return (name, try training.retrained(whole))
      }
  }

  /// The logarithm of a strength that changes no bit of an image.
  private static var nothing: Double { -80 }

  private func lower(
    _ training: Adaptation<ChangeStrengths, Sequential>
  ) throws -> [Double] {
    try training.lower(ofTask: 0, whole.train)
  }

  /// The lower model that was trained along with the strengths.
  ///
  /// - Throws: What adaptation throws: `HypergradientError`, `TensorError`.
  public func trainedLower(
    _ training: Adaptation<ChangeStrengths, Sequential>
  ) throws -> TrainedLower? {
    parts.examples.trained(try classifier.finished(lower(training)))
  }

  /// The classes of a file of images.
  ///
  /// - Throws: `DataFileError` for a file that cannot be read, or images of another shape.
  public func predictions(_ lower: [Double], forFile path: String) throws -> ResultTable? {
    try classifier.predictions(lower, forFile: path, settings.examples)
  }
}
