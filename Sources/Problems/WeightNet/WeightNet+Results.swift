import BilevelOptimization
import Foundation
import Models
import Tensors

extension WeightNet {
  /// A lower model, and what it was trained with.
  private struct Final {
    let name: String
    let values: [Double]
    let byClass: [Double?]
  }

  /// Accuracy of the lower model that was trained along with the weights and, to compare, of those that were trained as long
  /// with equal weights and, where labels were replaced, with all labels right; then what weights labels that are right and
  /// wrong have, and each class.
  ///
  /// - Throws: What adaptation and predictions throw: `HypergradientError`, `TensorError`.
  public func results(_ training: Adaptation<ExampleWeights, Sequential>) throws -> [ResultTable] {
    let learnt = try final("learnt weights", lower(training))
    let others = try settings.compare ? compared(training) : []
    let finals = [learnt] + others
    let (scored, name) = corrupted.scored
    let accuracies = ResultTable(
      "\(name) accuracy (\(scored.count) examples) after training with",
      columns: ["", "accuracy", "mean over classes"],
      rows: try finals.map { final in
        let known = final.byClass.compactMap(\.self)
        return [
          final.name, Self.text(try classifier.accuracy(final.values, on: scored)),
          Self.text(known.reduce(0, +) / Double(max(known.count, 1))),
        ]
      })
    let weights = try weights(at: learnt.values)
    return [accuracies] + (corrupted.isTruthKnown ? [labelTable(weights)] : [])
      + [classTable(weights, [learnt] + others.prefix(1))]
  }

  /// The lower model that was trained along with the weights: its parameters.
  func lower(_ training: Adaptation<ExampleWeights, Sequential>) throws -> [Double] {
    try training.lower(ofTask: 0, whole.train)
  }

  /// Lower models that were trained as long without the weights.
  private func compared(
    _ training: Adaptation<ExampleWeights, Sequential>
  ) throws -> [Final] {
    let learnt = upperModel.values
    defer { upperModel.values = learnt }
    // The net's last layer is zero then, and so are all class weights.
    upperModel.values = [Double](repeating: 0, count: learnt.count)
    let equal = try final("equal weights", training.retrained(whole))
    guard corrupted.isTruthKnown else { return [equal] }
    let right = try training.retrained(corrupted.right(whole))
    return [equal, try final("equal weights, all labels right", right)]
  }

  private func final(_ name: String, _ values: [Double]) throws -> Final {
    let scored = corrupted.scored.numbers
    return Final(
      name: name, values: values,
      byClass: try corrupted.examples.classNames.indices.map { number in
        let own = scored.filter { corrupted.examples.labels[$0] == number }
        return own.isEmpty ? nil : try classifier.accuracy(values, on: own)
      })
  }

  /// The lower model that was trained along with the weights.
  ///
  /// - Throws: What adaptation throws: `HypergradientError`, `TensorError`.
  public func trainedLower(
    _ training: Adaptation<ExampleWeights, Sequential>
  ) throws -> TrainedLower? {
    corrupted.examples.trained(try classifier.finished(lower(training)))
  }

  /// The classes of a file of images, or of a table's rows.
  ///
  /// - Throws: `DataFileError` for a file that cannot be read, or examples of another shape.
  public func predictions(_ lower: [Double], forFile path: String) throws -> ResultTable? {
    try classifier.predictions(lower, forFile: path, settings.examples)
  }

  /// A training example's loss, and its weight beside the mean of all.
  package struct Weight {
    package let loss, weight: Double
  }

  /// Those of all training examples at lower parameters.
  package func weights(at values: [Double]) throws -> [Weight] {
    let logits = try classifier.logits(whole.train.data, at: values)
    let losses = Scores.crossEntropies(logits, corrupted.givenLabels)
    let weights = try weights(losses, corrupted.givenLabels)
    let mean = weights.reduce(0, +) / Double(weights.count)
    return zip(losses, weights).map { Weight(loss: $0, weight: $1 / mean) }
  }

  /// The weights of losses and classes, as the upper model has them.
  func weights(_ losses: [Double], _ classes: [Int]) throws -> [Double] {
    // In blocks: all of them through the net at once may be more than memory has.
    try stride(from: 0, to: losses.count, by: Self.block).flatMap { start in
      let own = start..<min(start + Self.block, losses.count)
      return try upperModel.evaluate(
        DataArray(indices: Array(classes[own])), precision: .double
      ) { weights, classes in
        weights(classes.constant(Array(losses[own]), [own.count]), classes: classes)
      }.values
    }
  }

  private static let block = 16_384

  private func labelTable(_ weights: [Weight]) -> ResultTable {
    let isWrong = zip(corrupted.givenLabels, corrupted.rightLabels).map { $0 != $1 }
    let rows = [("right labels", false), ("wrong labels", true)].map { name, wrong in
      let own = isWrong.indices.filter { isWrong[$0] == wrong }.map { weights[$0] }
      return [name, "\(own.count)"]
        + [own.map(\.loss), own.map(\.weight)].map { Self.text(Self.mean($0)) }
    }
    return ResultTable(
      "Training examples under the learnt weights, whose mean is 1",
      columns: ["", "examples", "mean loss", "mean weight"], rows: rows)
  }

  private func classTable(_ weights: [Weight], _ finals: [Final]) -> ResultTable {
    let rows = corrupted.examples.classNames.enumerated().map { number, name in
      let own = corrupted.givenLabels.indices.filter { corrupted.givenLabels[$0] == number }
      return [name, "\(own.count)", Self.text(Self.mean(own.map { weights[$0].weight }))]
        + finals.map { Self.text($0.byClass[number]) }
    }
    return ResultTable(
      "Classes: training examples, their mean weight, and accuracy",
      columns: ["class", "examples", "weight"] + finals.map(\.name), rows: rows)
  }

  private static func mean(_ numbers: [Double]) -> Double? {
    numbers.isEmpty ? nil : numbers.reduce(0, +) / Double(numbers.count)
  }

  private static func text(_ number: Double?) -> String {
    number.map { String(format: "%.4f", $0) } ?? ""
  }
}
