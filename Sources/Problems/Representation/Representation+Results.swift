import BilevelOptimization
import Foundation
import Models
import Tensors

extension Representation {
  /// Held-out tasks that results compare features on.
  private static let comparedTasks = 100

  /// Accuracy on held-out classes with the learnt features, and with less: the features before training, and no features at
  /// all, where an image is of the class whose support images' mean is nearest.
  ///
  /// - Throws: What adaptation and predictions throw: `HypergradientError`, `TensorError`.
  public func results(
    _ training: Adaptation<RepresentationUpper, Tensor>
  ) throws -> [ResultTable] {
    let learnt = upperModel.values
    defer { upperModel.values = learnt }
    let predict = try headPredictor()
    let rows =
      [("no features: nearest mean", nil), ("features before training", firstValues)]
      + [("learnt features", learnt)]
    let held = try (0..<Self.comparedTasks).map(tasks.heldOut)
    return [
      ResultTable(
        "Accuracy on query images of held-out classes (\(held.count) tasks), with",
        columns: ["", "accuracy", "95 %"],
        rows: try rows.map { name, values in
          let accuracies = try held.map { task in
            let classes: [Int]
            if let values {
              upperModel.values = values
              classes = try predicted(task, by: try training.adapt(task.train).values, predict)
            } else {
              classes = nearestMeans(task)
            }
            return task.accuracy(of: classes)
          }
          return [name] + Self.words(accuracies)
        })
    ]
  }

  /// One held-out task, with what the adapted head predicts.
  ///
  /// - Throws: What adaptation and predictions throw: `HypergradientError`, `TensorError`.
  public func illustrations(
    _ training: Adaptation<RepresentationUpper, Tensor>
  ) throws -> [Illustration] {
    let task = try tasks.heldOut(0)
    let head = try training.adapt(task.train).values
    return [
      .images(
        ImageFigure(
          task, of: tasks,
          caption: "A head trained on the learnt features of the support images names the query "
            + "images' classes.",
          before: nil, after: try predicted(task, by: head, headPredictor())))
    ]
  }

  private func headPredictor() throws -> Predictor<Tensor> {
    try Predictor(lowerModel) { head, inputs in matmul(inputs, head) }
  }

  private func predicted(
    _ task: TaskExamples, by head: [Double], _ predict: Predictor<Tensor>
  ) throws -> [Int] {
    Scores.classes(of: try predict(try embedded(task), at: head))
  }

  /// The class of each query image whose support images' mean is nearest, in pixels.
  private func nearestMeans(_ task: TaskExamples) -> [Int] {
    let (ways, shots, size) = (
      settings.tasks.ways, settings.tasks.shots, tasks.images.shape.count
    )
    let (support, all) = (task.train.data.values, task.validate.data.values)
    let means = (0..<ways).map { way in
      (0..<size).map { pixel in
        (0..<shots).reduce(0) { $0 + support[((way * shots) + $1) * size + pixel] } / Double(shots)
      }
    }
    let count = task.validate.target.shape[0]
    return (0..<count).map { image in
      let pixels = all[(all.count - (count - image) * size)...].prefix(size)
      let distances = means.map { zip($0, pixels).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } }
      return distances.indices.min { distances[$0] < distances[$1] } ?? 0
    }
  }

  /// A mean, and half the width of its 95 % interval.
  private static func words(_ numbers: [Double]) -> [String] {
    let count = Double(numbers.count)
    let mean = numbers.reduce(0, +) / count
    let variance = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)
    return [mean, 1.96 * (variance / count).squareRoot()].map { String(format: "%.4f", $0) }
  }
}

extension TaskExamples {
  /// The part of the validating examples that are of these classes.
  fileprivate func accuracy(of classes: [Int]) -> Double {
    let labels = validate.target.values
    return Double(zip(classes, labels).count { Double($0) == $1 }) / Double(labels.count)
  }
}
