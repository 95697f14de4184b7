import BilevelOptimization
import Foundation
import Models
import Tensors

/// Strengths of an L2 penalty by cross-validation (Lorraine, Vicol and Duvenaud, 2020): the upper parameters are the
/// logarithms of the strengths, one for each lower parameter, each layer's or for all; the lower model is trained on all
/// folds but one with the penalty 1/2 sum_i exp(u_i) w_i^2; the upper objective is its loss on that fold. A task is a
/// fold. Where a step has fewer tasks than there are folds, they take turns.
public struct Regularisation: Problem {
  /// The word that the command line knows it by.
  public static let name = "regularisation"
  /// One line about it.
  public static let about = "tunes L2 penalties by cross-validation; upper: their logarithms"
  /// How it is trained unless told otherwise.
  public static var defaults: TrainingSettings {
    var settings = TrainingSettings()
    settings.steps = 60
    settings.tasks = 5
    settings.method = .linearSystem
    settings.k = 30
    settings.lowerRate = 0.3
    settings.lowerSteps = 200
    settings.lowerRule = .momentum
    settings.upperRate = 0.2
    return settings
  }

  /// u, with its first values.
  public let upperModel: Model<Tensor>
  /// w, with its first values.
  public let lowerModel: Model<Sequential>
  /// Where adaptation starts.
  public let start = AdaptationStart.lowerModel
  private let settings: RegularisationSettings
  private let table: FoldedTable
  private let trainings: FoldTrainings
  /// Each lower parameter's strength.
  private let group: [Int]

  /// Reads the data.
  ///
  /// - Throws: As `FoldedTable`.
  public init(_ settings: RegularisationSettings, seed: UInt64) throws {
    try settings.check()
    self.settings = settings
    let table = try FoldedTable(settings, seed: seed)
    self.table = table
    trainings = FoldTrainings(table)
    lowerModel = try Model(seed: seed) { p in
      settings.network.layers(p, table.inputs, hidden: settings.hidden, table.outputs)
    }
    group =
      switch settings.grouping {
      case .parameter: Array(0..<lowerModel.count)
      case .layer:
        lowerModel.parameters.enumerated().flatMap { index, parameter in
          [Int](repeating: index, count: parameter.shape.count)
        }
      case .one: [Int](repeating: 0, count: lowerModel.count)
      }
    let count = (group.max() ?? 0) + 1
    upperModel = try Model(seed: seed) { p in
      p("log-strengths", [count], .constant(log(settings.strength)))
    }
  }

  /// The table, where it is a user's own.
  public var data: [DataChecksum] { table.checksums }

  /// f.
  public func lowerObjective(_ state: ObjectiveState<Tensor, Sequential>) -> Tensor {
    let strengths = exp(state.upperModel).rows(state["group"])
    return loss(state) + 0.5 * (strengths * state.lowerParameters.squared).sum()
  }

  /// F.
  public func upperObjective(_ state: ObjectiveState<Tensor, Sequential>) -> Tensor { loss(state) }

  private func loss(_ state: ObjectiveState<Tensor, Sequential>) -> Tensor {
    let prediction = state.lowerModel(state.data)
    return switch settings.kind {
    case .classification: crossEntropy(prediction, state.target)
    case .regression: squaredError(prediction, state.target)
    }
  }

  /// One task's data: a fold to validate, the others to train. Each step begins one fold later, so that each fold
  /// validates as often as any other, whatever the number of tasks.
  ///
  /// - Throws: `TensorError` for arrays that do not fit each other.
  public func task(_ index: Int, step: Int) throws -> TaskExamples {
    try task(fold: (index + step) % table.folds.count)
  }

  /// The fold.
  public func identity(ofTask index: Int, step: Int) -> Int { (index + step) % table.folds.count }

  /// The rows of a table.
  public static let isOverRows = true

  private func task(fold: Int) throws -> TaskExamples {
    let others = trainings.without(fold)
    return TaskExamples(
      train: try trainExamples(others),
      validate: try table.examples(table.folds[fold], standardisedBy: others))
  }

  private func trainExamples(_ training: FoldedTable.Training) throws -> Examples {
    try table.examples(
      training.indices, standardisedBy: training, [.init("group", DataArray(indices: group))])
  }

  /// Validation over all folds, and test after training on all of them, with the first strengths and the learnt ones.
  ///
  /// - Throws: What adaptation, hypergradients and predictions throw: `HypergradientError`, `TensorError`.
  public func results(_ training: Adaptation<Tensor, Sequential>) throws -> [ResultTable] {
    let learnt = upperModel.values
    defer { upperModel.values = learnt }
    let first = [Double](repeating: log(settings.strength), count: learnt.count)
    let measures =
      settings.kind == .classification ? ["accuracy", "cross-entropy"] : ["squared error"]
    let rows = try [("first strengths", first), ("learnt strengths", learnt)].map { name, values in
      upperModel.values = values
      let validation = try table.folds.indices.map { fold in
        let task = try task(fold: fold)
        return try scores(task.validate, try training.adapt(task.train))
      }
      let means = measures.indices.map { measure in
        validation.reduce(0) { $0 + $1[measure] } / Double(validation.count)
      }
      let all = table.training(table.folds.flatMap(\.self))
      let whole = try training.adapt(try trainExamples(all))
      let test = try scores(try table.examples(table.test, standardisedBy: all), whole)
      return [name] + (means + test).map { String(format: "%.4f", $0) }
    }
    return [
      ResultTable(
        "\(table.folds.count) folds of \(table.folds[0].count) examples, \(table.test.count) to test",
        columns: [""] + measures.map { "validation \($0)" } + measures.map { "test \($0)" },
        rows: rows)
    ]
  }

  private func scores(_ examples: Examples, _ adapted: AuxiliaryModel) throws -> [Double] {
    let prediction = try lowerModel.evaluate(examples.data, at: adapted.values) { $0($1) }
    return switch settings.kind {
    case .classification: try Scores.classification(prediction, examples.target)
    case .regression: try Scores.regression(prediction, examples.target)
    }
  }
}
