import BilevelOptimization
import Foundation
import Models
import Tensors

extension LabelCleaning {
  /// Test accuracy of the lower model trained on all training images: with the labels as given, with the learnt
  /// weights, and with all labels right; and how well the weights tell wrong labels from right ones.
  ///
  /// - Throws: What adaptation, hypergradients and predictions throw: `HypergradientError`, `TensorError`.
  public func results(_ training: Adaptation<Tensor, Sequential>) throws -> [ResultTable] {
    let learnt = upperModel.values
    defer { upperModel.values = learnt }
    let trainer = try GradientDescent(
      learningRate: training.implicit.options.lowerLearningRate, steps: settings.finalSteps)
    let equal = [Double](repeating: 0, count: learnt.count)
    let rows = try [
      ("noisy labels", equal, corrupted.givenLabels),
      ("learnt weights", learnt, corrupted.givenLabels),
      ("all labels right", equal, corrupted.rightLabels),
    ].map { name, logits, labels in
      upperModel.values = logits
      let adapted = try trainer.adapt(
        training.implicit,
        train: try corrupted.trainExamples(Array(0..<settings.train), labels: labels))
      return [name, String(format: "%.4f", try testAccuracy(adapted.values))]
    }
    return [
      ResultTable(
        "Test accuracy (\(corrupted.test.count) images) after training on",
        columns: ["", "accuracy"],
        rows: rows),
      labelTable(learnt),
    ]
  }

  private func labelTable(_ logits: [Double]) -> ResultTable {
    let isWrong = zip(corrupted.givenLabels, corrupted.rightLabels).map { $0 != $1 }
    let found = Detection(of: isWrong, by: logits.map { $0 < 0 })
    let kept = Detection(of: corrupted.isReplaced.map { !$0 }, by: logits.map { $0 >= 0 })
    return ResultTable(
      "Labels of weight below 1/2: \(found.found) of \(logits.count); \(found.there) labels are wrong",
      columns: ["", "precision", "recall", "F1"],
      rows: [("wrong labels found", found), ("untouched labels kept", kept)].map {
        name, detection in
        [name]
          + [detection.precision, detection.recall, detection.f1].map { String(format: "%.4f", $0) }
      })
  }

  private func testAccuracy(_ values: [Double]) throws -> Double {
    let logits = try lowerModel.evaluate(try images.images(corrupted.test), at: values) { $0($1) }
    return try Scores.classification(
      logits, DataArray(indices: corrupted.test.map { images.labels[$0] }))[0]
  }
}

/// How well something is found, as precision and recall.
package struct Detection {
  package let found: Int
  package let there: Int
  package let rightlyFound: Int

  package init(of isThere: [Bool], by isFound: [Bool]) {
    found = isFound.count { $0 }
    there = isThere.count { $0 }
    rightlyFound = zip(isFound, isThere).count { $0 && $1 }
  }

  /// The part of what was found that is right; 0 where nothing was found.
  package var precision: Double { found == 0 ? 0 : Double(rightlyFound) / Double(found) }
  /// The part of what is there that was found; 0 where nothing is there.
  package var recall: Double { there == 0 ? 0 : Double(rightlyFound) / Double(there) }
  /// The harmonic mean of both.
  package var f1: Double {
    precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall)
  }
}
