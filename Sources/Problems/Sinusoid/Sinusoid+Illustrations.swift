import BilevelOptimization
import Foundation
import Models
import Tensors

extension Sinusoid {
  /// The network before and after adaptation to held-out waves.
  ///
  /// - Throws: What adaptation and predictions throw: `HypergradientError`, `TensorError`.
  public func illustrations(
    _ training: Adaptation<Sequential, Sequential>
  ) throws -> [Illustration] {
    guard let heldOut else { return [] }
    let inputs = stride(from: -5.0, through: 5, by: 0.1).map { $0 }
    let grid = try DataArray([inputs.count, 1], inputs)
    let predict = try Predictor(lowerModel, heldOut.predict)
    func curve(_ name: String, at values: [Double]) throws -> CurveFigure.Series {
      let outputs = try predict(grid, at: values).values
      return .init(name, zip(inputs, outputs).map { .init($0, $1) }, isLine: true)
    }
    func dots(_ name: String, _ examples: Examples) -> CurveFigure.Series {
      let pairs = zip(examples.data.values, examples.target.values)
      return .init(name, pairs.map { .init($0, $1) }, isLine: false)
    }
    let panels = try (0..<4).map { index in
      let task = try heldOut.task(index)
      let adapted = try training.adapt(task.train).values
      let score = try heldOut.scores(
        try predict(task.validate.data, at: adapted), task.validate.target)
      return CurveFigure.Panel(
        "task \(index): squared error \(String(format: "%.3g", score[0])) on its query points",
        [
          try curve("before adaptation", at: try training.startValues),
          try curve("after adaptation", at: adapted),
          dots("support points", task.train), dots("query points", task.validate),
        ])
    }
    return [
      .curves(
        CurveFigure(
          "Four held-out waves",
          caption: "The network at the learnt initialisation, and after adaptation to the support "
            + "points; the query points score it.",
          panels: panels))
    ]
  }
}
