import Foundation
import IGBM

/// What the equation with the learnt coefficient says, beside the exact solution.
extension Physics {
  func results(_ training: Adaptation<HeatEquation, Sequential>) throws -> [ResultTable] {
    let rods = 0..<min(training.tasks, 4)
    let rows = try compared(training) { name, diffusivity in
      let errors = try rods.map { try error($0, try solved($0, training)) }
      return [
        name, String(format: "%.4f", diffusivity),
        String(format: "%.4f", errors.reduce(0, +) / Double(errors.count)),
      ]
    }
    return [
      ResultTable(
        "Networks trained from their first values, \(rods.count) experiments",
        columns: ["", "diffusivity", "relative error of the solution"],
        rows: rows + [["the truth", "\(settings.diffusivity)", "0"]])
    ]
  }

  /// The temperatures of the first rod.
  func illustrations(
    _ training: Adaptation<HeatEquation, Sequential>
  ) throws -> [Illustration] {
    let places = stride(from: 0.0, through: 1, by: 0.02).map { $0 }
    let solutions = try compared(training) { name, _ in (name, try solved(0, training)) }
    let panels = try [0, 0.1, 0.3, 1].map { time in
      let points = places.flatMap { [time, $0] }
      func curve(_ name: String, _ values: [Double]) -> CurveFigure.Series {
        .init(name, zip(places, values).map { .init($0, $1) }, isLine: true)
      }
      let found = try solutions.map { name, network in curve(name, try network(points)) }
      return CurveFigure.Panel(
        "at time \(time)", [curve("exact", rod(0).temperatures(points))] + found)
    }
    return [
      .curves(
        CurveFigure(
          "The temperatures of the first rod",
          caption: "Along the rod, as they are, and as networks have them that were trained on the "
            + "equation with the coefficient at first, and with the learnt one.",
          panels: panels))
    ]
  }

  /// Something of the coefficient at first, and of the learnt one.
  private func compared<Value>(
    _ training: Adaptation<HeatEquation, Sequential>, _ body: (String, Double) throws -> Value
  ) throws -> [Value] {
    let learnt = upperModel.values
    defer { upperModel.values = learnt }
    return try [("at first", [log(settings.first), learnt[1]]), ("learnt", learnt)].map {
      upperModel.values = $1
      return try body($0, exp($1[0]))
    }
  }

  /// What a network has that was trained on the equation: temperatures at points t, x, t, x, ...
  private func solved(
    _ rod: Int, _ training: Adaptation<HeatEquation, Sequential>
  ) throws -> ([Double]) throws -> [Double] {
    let adam = try LowerAdam(learningRate: 0.003, steps: settings.finalSteps)
    let values = try adam.adapt(training.implicit, train: try task(rod, step: 0).train).values
    let predictor = try Predictor(lowerModel) { network, points in network(points) }
    return { try predictor(DataArray([$0.count / 2, 2], $0), at: values).values }
  }

  /// The distance to the exact solution on a grid, relative to its size.
  private func error(_ number: Int, _ network: ([Double]) throws -> [Double]) throws -> Double {
    let steps = stride(from: 0.0, through: 1, by: 0.05)
    let points = steps.flatMap { time in steps.flatMap { place in [time, place] } }
    let exact = rod(number).temperatures(points)
    let found = try network(points)
    let (away, size) = (DataArray(exact.map { _ in 0 }), DataArray(exact))
    let error = try Scores.regression(DataArray(found), size)[0]
    return try (error / Scores.regression(away, size)[0]).squareRoot()
  }
}
