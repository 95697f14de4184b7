// Tunes the four L2 strengths of a small net (its two layers' weights and biases) on five folds, twice: by the best point
// of a grid, and along the hypergradient. A grid's cost is exponential in the number of strengths, the gradient's is not.
//
//   hyperparameter-tuning [TABLE.csv]              # the embedded digits where no table is given
//   mpirun -np 4 hyperparameter-tuning TABLE.csv

import IGBM

/// What a search found.
struct Found {
  let search: String
  /// Lower models trained.
  let trainings: Int
  /// The mean loss over all folds, each validated by the model that was trained on the others.
  let loss: Double
  /// The logarithms of the strengths.
  let strengths: [Double]

  var row: [String] {
    [search, "\(trainings)", "\(rounded(loss, 4))"]
      + strengths.map { "\(rounded($0, 2))" }
  }
}

func rounded(_ number: Double, _ digits: Int) -> Double {
  let scale = (0..<digits).reduce(1.0) { power, _ in power * 10 }
  return (number * scale).rounded() / scale
}

/// A tuning problem and its folds, spread over the ranks.
struct Tuning {
  let ranks: any Communicator
  let problem: Regularisation
  let training: TrainingSettings

  init(_ ranks: any Communicator, table: String?) throws {
    self.ranks = ranks
    var own = RegularisationSettings()
    (own.network, own.grouping, own.priorWidth) = (.tanh, .layer, 0)
    if let table { own.table.data = table } else { own.train = 200 }
    problem = try ranks.agreeing { [own] in try Regularisation(own, seed: 1) }
    training = Regularisation.defaults
  }

  /// The best of all combinations of some strengths.
  func grid(of levels: [Double]) throws -> Found {
    var settings = training
    settings.k = 0  // Only the loss is wanted: no product is made for a hypergradient.
    let trainer = try Trainer(problem, settings, ranks)
    var best: (loss: Double, strengths: [Double])?
    let combinations = problem.upperModel.values.reduce([[]]) { points, _ in
      points.flatMap { point in levels.map { point + [$0] } }
    }
    for strengths in combinations {
      problem.upperModel.values = strengths
      let loss = try trainer.makeStep().upperLoss
      if loss < best?.loss ?? .infinity { best = (loss, strengths) }
    }
    guard let best else { throw SettingError("no loss on the grid is finite; try other levels") }
    return Found(
      search: "grid", trainings: combinations.count * settings.tasks, loss: best.loss,
      strengths: best.strengths)
  }

  /// The best point on the way down the hypergradient.
  func descent(from start: Double, steps: Int) throws -> Found {
    problem.upperModel.values = problem.upperModel.values.map { _ in start }
    let trainer = try Trainer(problem, training, ranks)
    var best = (loss: Double.infinity, strengths: problem.upperModel.values)
    for _ in 0..<steps {
      let strengths = problem.upperModel.values
      let loss = try trainer.makeStep().upperLoss
      if loss < best.loss { best = (loss, strengths) }
    }
    return Found(
      search: "hypergradient", trainings: steps * training.tasks, loss: best.loss,
      strengths: best.strengths)
  }
}

@main enum HyperparameterTuning {
  static func main() {
    Launch.run { ranks in
      let tuning = try Tuning(ranks, table: CommandLine.arguments.dropFirst().first)
      let found = [
        try tuning.grid(of: [-9, -6, -3]), try tuning.descent(from: -5, steps: 60),
      ]
      guard ranks.isRoot else { return .success }
      let table = ResultTable(
        "Four L2 strengths",
        columns: [
          "search", "trainings", "validation loss", "weights 1", "biases 1", "weights 2",
          "biases 2",
        ],
        rows: found.map(\.row))
      print(table.text)
      return .success
    }
  }
}
