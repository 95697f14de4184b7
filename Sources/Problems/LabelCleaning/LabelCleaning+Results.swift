import BilevelOptimization
import Foundation
import Models
import Tensors

extension LabelCleaning {
  /// Accuracy of the lower model trained on all training images: with the labels as given, with the learnt weights, and,
  /// where these are known, with all labels right. Then how well the weights tell wrong labels from right ones, or, where
  /// nobody knows, the labels of least weight.
  ///
  /// - Throws: What adaptation, hypergradients and predictions throw: `HypergradientError`, `TensorError`.
  public func results(_ training: Adaptation<Tensor, Sequential>) throws -> [ResultTable] {
    let learnt = upperModel.values
    defer { upperModel.values = learnt }
    let isKnown = corrupted.isTruthKnown
    let equal = [Double](repeating: 0, count: learnt.count)
    var trainings = [
      (isKnown ? "noisy labels" : "labels as given", equal, corrupted.givenLabels),
      ("learnt weights", learnt, corrupted.givenLabels),
    ]
    if isKnown { trainings.append(("all labels right", equal, corrupted.rightLabels)) }
    let finals = try trainings.map { name, logits, labels in
      upperModel.values = logits
      return (name: name, values: try finalModel(training, labels: labels))
    }
    let (scored, name) = corrupted.scored
    return [
      ResultTable(
        "\(name) accuracy (\(scored.count) \(noun)) after training on",
        columns: ["", "accuracy"],
        rows: try finals.map {
          [$0.name, String(format: "%.4f", try classifier.accuracy($0.values, on: scored))]
        }),
      isKnown ? labelTable(learnt) : try suspects(learnt, finals[1].values),
    ]
  }

  private var noun: String { if case .images = examples { "images" } else { "rows" } }

  /// The lower model trained on all training examples with weights of the upper model: its parameters.
  private func finalModel(
    _ training: Adaptation<Tensor, Sequential>, labels: [Int]
  ) throws -> [Double] {
    let trainer = try GradientDescent(
      learningRate: training.implicit.options.lowerLearningRate, steps: settings.finalSteps)
    let all = try corrupted.trainExamples(Array(0..<corrupted.train.count), labels: labels)
    return try training.trained(TaskExamples(train: all, validate: all), by: trainer)
  }

  /// The lower model trained on all training examples with the learnt weights.
  ///
  /// - Throws: What adaptation throws: `HypergradientError`, `TensorError`.
  public func trainedLower(_ training: Adaptation<Tensor, Sequential>) throws -> TrainedLower? {
    let values = try finalModel(training, labels: corrupted.givenLabels)
    return examples.trained(try classifier.finished(values))
  }

  /// The classes of a file of IDX images, or of a table's rows.
  ///
  /// - Throws: `DataFileError` for a file that cannot be read, or examples of another shape.
  public func predictions(_ lower: [Double], forFile path: String) throws -> ResultTable? {
    try classifier.predictions(lower, forFile: path, settings.examples)
  }

  /// What the model that was trained with the learnt weights says about the labels of least weight: claims nothing about
  /// which are wrong.
  private func suspects(_ logits: [Double], _ lower: [Double]) throws -> ResultTable {
    let found = suspects(logits)
    let said = try predictedClasses(found, lower)
    let names = examples.classNames
    return ResultTable(
      "Labels of weight below 1/2, the lightest first: \(found.count) of \(logits.count)",
      columns: ["index", "label", "model", "weight"],
      rows: zip(found, said).map { number, said in
        let weight = 1 / (1 + exp(-logits[number]))
        return [
          "\(examples.place(of: corrupted.train[number]))",
          names[corrupted.givenLabels[number]], names[said],
          String(format: "%.4f", weight),
        ]
      }, file: "suspects.csv")
  }

  /// The training examples of weight below 1/2, the lightest first.
  func suspects(_ logits: [Double]) -> [Int] {
    logits.indices.filter { logits[$0] < 0 }.sorted { (logits[$0], $0) < (logits[$1], $1) }
  }

  /// The classes that a lower model finds for training examples.
  func predictedClasses(_ numbers: [Int], _ lower: [Double]) throws -> [Int] {
    guard !numbers.isEmpty else { return [] }
    let inputs = try examples.inputs(numbers.map { corrupted.train[$0] })
    return Scores.classes(of: try classifier.logits(inputs, at: lower))
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
