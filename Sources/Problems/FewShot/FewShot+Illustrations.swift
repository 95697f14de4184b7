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
    let task = try tasks.heldOut(0)
    let predict = try Predictor(lowerModel, output)
    let classes = try [training.startValues, training.adapt(task.train).values].map {
      Scores.classes(of: try predict(task.validate.data, at: $0))
    }
    return [
      .images(
        ImageFigure(
          task, of: tasks,
          caption: "Adapted to the support images, the network names the query images' classes: "
            + "before adaptation, then after.",
          before: classes[0], after: classes[1]))
    ]
  }
}
