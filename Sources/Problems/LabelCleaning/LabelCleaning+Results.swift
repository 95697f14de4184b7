import BilevelOptimization
import Foundation
import Models
import Tensors

extension LabelCleaning {
  /// Test accuracy of the lower model trained on all training digits: with the labels as given, with the learnt
  /// weights, and with all labels right; and how well the weights tell wrong labels from right ones.
  public func results(_ training: Adaptation<Tensor, Sequential>) throws -> [ResultTable] {
    let learnt = upperModel.values
    defer { upperModel.values = learnt }
    let trainer = try GradientDescent(
      learningRate: training.implicit.options.lowerLearningRate, steps: settings.finalSteps)
    let equal = [Double](repeating: 0, count: learnt.count)
    let rows = try [
      ("noisy labels", equal, data.givenLabels), ("learnt weights", learnt, data.givenLabels),
      ("all labels right", equal, data.rightLabels),
    ].map { name, logits, labels in
      upperModel.values = logits
      let adapted = try trainer.adapt(
        training.implicit, train: try trainExamples(Array(0..<settings.train), labels: labels))
      return [name, String(format: "%.4f", try testAccuracy(adapted.values))]
    }
    let found = WrongLabels(logits: learnt, given: data.givenLabels, right: data.rightLabels)
    return [
      ResultTable(
        "Test accuracy (\(data.test.count) digits) after training on", columns: ["", "accuracy"],
        rows: rows),
      ResultTable(
        "Labels found wrong (weight below 1/2): \(found.found) of \(learnt.count), "
          + "\(found.wrong) are wrong", columns: ["precision", "recall", "F1"],
        rows: [[found.precision, found.recall, found.f1].map { String(format: "%.4f", $0) }]),
    ]
  }

  private func testAccuracy(_ values: [Double]) throws -> Double {
    let logits = try lowerModel.evaluate(try Digits.all.images(data.test), at: values) { $0($1) }
    let scores = logits.values
    let classes = Digits.classCount
    let right = data.test.enumerated().count { row, digit in
      let own = scores[row * classes..<(row + 1) * classes]
      let best = own.indices.max { own[$0] < own[$1] } ?? own.startIndex
      return best - own.startIndex == Digits.all.labels[digit]
    }
    return Double(right) / Double(data.test.count)
  }
}

/// How well weights tell wrong labels from right ones: a label counts as found where its logit is below 0.
package struct WrongLabels {
  package let found: Int
  package let wrong: Int
  package let rightlyFound: Int

  package init(logits: [Double], given: [Int], right: [Int]) {
    let isFound = logits.map { $0 < 0 }
    let isWrong = zip(given, right).map { $0 != $1 }
    found = isFound.count { $0 }
    wrong = isWrong.count { $0 }
    rightlyFound = zip(isFound, isWrong).count { $0 && $1 }
  }

  /// The part of the labels found that are wrong; 0 where none was found.
  package var precision: Double { found == 0 ? 0 : Double(rightlyFound) / Double(found) }
  /// The part of the wrong labels that were found; 0 where none is wrong.
  package var recall: Double { wrong == 0 ? 0 : Double(rightlyFound) / Double(wrong) }
  /// The harmonic mean of both.
  package var f1: Double {
    precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall)
  }
}
