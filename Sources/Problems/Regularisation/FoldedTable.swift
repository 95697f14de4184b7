import BilevelOptimization
import Tensors

/// A table's examples: some test, the others are cut into folds, or some of them validate. Inputs, and targets of
/// regression, are standardised by the examples that train a model, whichever these are.
struct FoldedTable: Sendable {
  /// The examples.
  let table: ExampleTable
  /// The examples of each fold, and those that test. Where no fold validates in turn, there are two: those that train, and
  /// those that validate.
  let folds: [[Int]]
  let test: [Int]
  /// The folds that validate.
  let validating: [Int]

  /// Reads a table, and splits it as settings say.
  ///
  /// - Throws: `SettingError` for settings that ask for more than there is; `DataFileError` for files that cannot be read.
  init(_ settings: RegularisationSettings, seed: UInt64) throws {
    let own = settings.table.data.isEmpty ? .digits : try ExampleTable(settings.table)
    let validated = try own.followed(by: settings.validation, as: "validation", settings.table)
    table = try validated.followed(by: settings.test, as: "test", settings.table)
    var classes: [Int]?
    if case .classes(let numbers, _) = own.targets { classes = numbers }
    let request = DataSplit.Request(
      validation: settings.validation, test: settings.test, train: settings.train,
      isStratified: settings.stratified)
    let sizes = (own.count, validated.count - own.count, table.count - validated.count)
    let split = try DataSplit(request, sizes: sizes, classes: classes, seed: seed)
    test = split.test
    guard settings.validation == .folds else {
      (folds, validating) = ([split.train, split.validate], [1])
      return
    }
    guard split.train.count >= settings.folds else {
      throw SettingError(
        "folds=\(settings.folds): \(split.train.count) examples train; ask for no more folds")
    }
    folds = split.folds(settings.folds)
    validating = Array(folds.indices)
  }

  /// How many examples there are in all folds.
  var trainCount: Int { folds.reduce(0) { $0 + $1.count } }

  /// Inputs of an example.
  var inputs: Int { table.inputs.count }

  /// Classes; 1 for regression.
  var outputs: Int {
    switch table.targets {
    case .classes(_, let names): names.count
    case .numbers: 1
    }
  }

  /// Whether the targets are classes.
  var isClassification: Bool {
    if case .classes = table.targets { true } else { false }
  }

  /// Examples that train a model: they alone give mean and variance.
  struct Training: Sendable {
    let indices: [Int]
    /// The standards of the input columns, and of regression's targets.
    let columns: [Standardisation]
    let target: Standardisation?
  }

  /// Examples to train a model, at least one, with the standards that they set.
  func training(_ indices: [Int]) -> Training {
    func standard(_ column: [Double]) -> Standardisation {
      Standardisation(indices.map { column[$0] })
    }
    let target: Standardisation? =
      if case .numbers(let numbers) = table.targets { standard(numbers) } else { nil }
    return Training(indices: indices, columns: table.inputs.map(standard), target: target)
  }

  /// All folds as they train a model.
  var trainingOnAllFolds: Training { training(folds.flatMap(\.self)) }

  /// Some examples, with an array that goes with them.
  ///
  /// - Parameters:
  ///   - indices: Which.
  ///   - training: Those that train the model.
  ///   - extras: What goes with them.
  /// - Returns: The standardised examples.
  /// - Throws: `TensorError` for arrays that do not fit each other.
  func examples(
    _ indices: [Int], standardisedBy training: Training, _ extras: [Examples.Extra] = []
  ) throws -> Examples {
    let inputs = zip(table.inputs, training.columns).map { column, standard in
      indices.map { standard(column[$0]) }
    }
    let data = try DataArray(
      [indices.count, inputs.count],
      indices.indices.flatMap { row in inputs.map { $0[row] } })
    let target =
      switch table.targets {
      case .classes(let classes, _): DataArray(indices: indices.map { classes[$0] })
      case .numbers(let numbers):
        try DataArray([indices.count, 1], indices.map { training.target?(numbers[$0]) ?? 0 })
      }
    return Examples(data: data, target: target, extras: extras)
  }
}

/// A table's folds but one, by that one, as they train a model: made when they are first wanted.
final class FoldTrainings {
  private let table: FoldedTable
  private var made: [FoldedTable.Training?]

  init(_ table: FoldedTable) {
    self.table = table
    made = [FoldedTable.Training?](repeating: nil, count: table.folds.count)
  }

  func without(_ fold: Int) -> FoldedTable.Training {
    if let training = made[fold] { return training }
    let others = table.folds.indices.filter { $0 != fold }.flatMap { table.folds[$0] }
    let training = table.training(others)
    made[fold] = training
    return training
  }
}
