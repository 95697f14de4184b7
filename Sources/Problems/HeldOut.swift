import BilevelOptimization
import Tensors

/// How a problem is measured on tasks that training never draws: a task's lower model is adapted to its training data and
/// scored on the rest; or one that training keeps is scored on data which it has not seen.
public struct HeldOut<Lower> {
  /// Which lower model a held-out task scores.
  public enum Scored: Sendable, Hashable {
    /// One that is adapted to its own training data.
    case adapted
    /// The one that a task keeps from one upper step to the next, by its identity: held-out tasks are data that test it. Where
    /// nothing is kept, one that is adapted.
    case ofTask(Int)
  }

  /// The names of the scores, and how they are shown.
  public let measures: [Measure]
  /// The data of a held-out task, by number: a function of its argument and the settings alone.
  public let task: (Int) throws -> TaskExamples
  /// What the lower model predicts from: the data of the examples to be scored, or what the upper model, with its values now,
  /// makes of them (features).
  public let inputs: (TaskExamples) throws -> DataArray
  /// What the lower model predicts from inputs.
  public let predict: (Lower, Tensor) throws -> Tensor
  /// The scores of predictions against targets, one a measure.
  public let scores: (DataArray, DataArray) throws -> [Double]
  /// What becomes of lower parameters before they predict, given what the task trained with: statistics of batch norms are
  /// stored here (`Model.storingStatistics`).
  public let finish: ([Double], Examples) throws -> [Double]
  /// How many tasks there are; nil where they can be drawn without end.
  public let count: Int?
  /// Which lower model they score.
  public let scored: Scored

  /// A way to measure; by default parameters predict as they are.
  public init(
    _ measures: [Measure], task: @escaping (Int) throws -> TaskExamples,
    inputs: @escaping (TaskExamples) throws -> DataArray = { $0.validate.data },
    predict: @escaping (Lower, Tensor) throws -> Tensor,
    scores: @escaping (DataArray, DataArray) throws -> [Double],
    finish: @escaping ([Double], Examples) throws -> [Double] = { parameters, _ in parameters },
    count: Int? = nil, scored: Scored = .adapted
  ) {
    self.count = count
    self.scored = scored
    self.measures = measures
    self.task = task
    self.inputs = inputs
    self.predict = predict
    self.scores = scores
    self.finish = finish
  }

  /// How many are scored where so many are asked for.
  package func tasks(of wanted: Int) -> Int { min(wanted, count ?? wanted) }
}

/// A score's name, and how people write it.
public struct Measure: Sendable, Hashable {
  /// How a number is written.
  public enum Unit: Sendable, Hashable {
    /// As it is.
    case number
    /// A part of 1, in per cent.
    case percent
  }

  /// The name.
  public let name: String
  /// How it is written.
  public let unit: Unit

  /// The part of the predictions that are right.
  public static let accuracy = Measure("accuracy", .percent)
  /// The mean cross-entropy of predictions.
  public static let crossEntropy = Measure("cross-entropy", .number)
  /// The mean squared error of predictions.
  public static let squaredError = Measure("squared error", .number)

  /// A measure.
  public init(_ name: String, _ unit: Unit) {
    self.name = name
    self.unit = unit
  }
}
