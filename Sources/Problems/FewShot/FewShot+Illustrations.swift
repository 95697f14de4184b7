import BilevelOptimization
import Models
import Tensors

extension FewShot {
  /// One held-out task, with what is predicted before and after adaptation.
  ///
  /// - Throws: What adaptation and predictions throw: `HypergradientError`, `TensorError`.
  public func illustrations(
    _ training: Adaptation<Sequential, Sequential>
  ) throws -> [Illustration] {
    guard let heldOut else { return [] }
    let task = try heldOut.task(0)
    let predict = try Predictor(lowerModel, heldOut.predict)
    let adapted = try training.adapt(task.train).values
    func classes(at values: [Double]) throws -> [Int] {
      let logits = try predict(task.validate.data, at: values)
      let ways = logits.shape.sizes[1]
      return (0..<logits.shape.sizes[0]).map { row in
        let own = logits.values[row * ways..<(row + 1) * ways]
        return own.indices.max { own[$0] < own[$1] }! - own.startIndex
      }
    }
    func cells(
      _ examples: Examples, _ caption: (Int, Int) -> (String, ImageFigure.Mark)
    ) -> [ImageFigure.Cell] {
      let shape = examples.data.shape.sizes
      let size = shape[1] * shape[2] * shape[3]
      let pixels = examples.data.values.map(Float.init)
      return examples.target.values.enumerated().map { index, label in
        let (text, mark) = caption(index, Int(label))
        return .init(
          pixels: Array(pixels[index * size..<(index + 1) * size]), width: shape[2],
          channels: shape[3], caption: text, mark: mark)
      }
    }
    let (before, after) = (try classes(at: try training.startValues), try classes(at: adapted))
    let labels = task.validate.target.values.map { Int($0) }
    let right = zip(after, labels).count { $0 == $1 }
    return [
      .images(
        ImageFigure(
          "A held-out task",
          caption: "Adapted to the support images, the network names the query images' classes: "
            + "before adaptation, then after. \(right) of \(labels.count) are right.",
          groups: [
            .init("Support", cells(task.train) { _, label in ("class \(label)", .none) }),
            .init(
              "Query",
              cells(task.validate) { index, label in
                ("\(before[index]), then \(after[index])", after[index] == label ? .right : .wrong)
              }),
          ]))
    ]
  }
}
