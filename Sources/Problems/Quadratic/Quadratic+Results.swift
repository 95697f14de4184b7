import BilevelOptimization
import Foundation
import Tensors

extension Quadratic {
  /// h and its gradient in closed form, where training started and where it ended, and how far the
  /// run's hypergradient is from that gradient.
  ///
  /// - Throws: What adaptation, hypergradients and predictions throw: `HypergradientError`, `TensorError`.
  public func results(_ training: Adaptation<Tensor, Tensor>) throws -> [ResultTable] {
    let trained = upperModel.values
    let gradients = upperModel.gradients
    defer {
      upperModel.values = trained
      upperModel.gradients = gradients
    }
    let quadratics = (0..<training.tasks).map(quadratic)
    let places = try [trained.map { _ in 0.0 }, trained].map { u in
      let exact = mean(quadratics.map { $0.value(u) })
      let error = zip(try hypergradient(at: u, training), exact.gradient).map { $0 - $1 }
      return [exact.h, squaredNorm(exact.gradient), squaredNorm(error)]
    }
    let names = ["h", "||grad h||^2", "||hypergradient - grad h||^2"]
    let rows = names.enumerated().map { row, name in
      [name] + places.map { String(format: "%.6e", $0[row]) }
    }
    return [
      ResultTable(
        "The whole problem, in closed form", columns: ["", "at the start", "now"], rows: rows)
    ]
  }

  /// The mean hypergradient over all tasks, as training computes it.
  package func hypergradient(
    at u: [Double], _ training: Adaptation<Tensor, Tensor>
  ) throws -> [Double] {
    upperModel.values = u
    upperModel.clearGradients()
    for index in 0..<training.tasks {
      let task = try task(index, step: 0)
      try training.implicit.computeGradients(
        validate: task.validate, auxiliaryModel: try training.adapt(task.train), train: task.train)
    }
    return upperModel.gradients.map { $0 / Double(training.tasks) }
  }

  private func mean(_ values: [(h: Double, gradient: [Double])]) -> (h: Double, gradient: [Double])
  {
    var h = 0.0
    var gradient = [Double](repeating: 0, count: upperModel.count)
    for value in values {
      h += value.h / Double(values.count)
      for index in gradient.indices {
        gradient[index] += value.gradient[index] / Double(values.count)
      }
    }
    return (h, gradient)
  }

  private func squaredNorm(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 } }
}
