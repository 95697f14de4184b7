import BilevelOptimization
import Tensors

/// A table's examples: some test, the others are cut into folds, or some of them validate. Inputs, and targets of
/// regression, are standardised by the examples that train a model, whichever these are.
struct FoldedTable: Sendable {
  /// The examples.
  let table: ExampleTable
  /// Which of them validate, and which test.
  let split: FoldedSplit

  /// Reads a table, and splits it as settings say.
  ///
  /// - Throws: `SettingError` for settings that ask for more than there is; `DataFileError` for files that cannot be read.
  init(_ settings: RegularisationSettings, seed: UInt64) throws {
    let own = settings.table.data.isEmpty ? .digits : try ExampleTable(settings.table)
    let validated = try own.followed(by: settings.validation, as: "validation", settings.table)
    table = try validated.followed(by: settings.test, as: "test", settings.table)
    let request = DataSplit.Request(
      validation: settings.validation, test: settings.test, train: settings.train,
      isStratified: settings.stratified)
    let sizes = (own.count, validated.count - own.count, table.count - validated.count)
    split = try FoldedSplit(
      request, folds: settings.folds, sizes: sizes, classes: own.targets.classes, seed: seed)
  }

  /// How many examples there are in all folds.
  var trainCount: Int { split.trainCount }

  /// Inputs of an example.
  var inputs: Int { table.inputs.width }

  /// Classes; 1 for regression.
  var outputs: Int { table.targets.outputs }

  /// Whether the targets are classes.
  var isClassification: Bool { table.targets.isClassification }

  /// Examples that train a model: they alone give mean and variance.
  struct Training: Sendable {
    let indices: [Int]
    /// The standards of the input columns, and of regression's targets.
    let columns: [Standardisation]
    let target: Standardisation?
  }

  /// Examples to train a model, at least one, with the standards that they set.
  func training(_ indices: [Int]) -> Training {
    Training(
      indices: indices, columns: table.inputs.standards(of: indices),
      target: table.targets.standard(indices))
  }

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
    let data = try table.inputs.array(indices, training.columns)
    let target = try table.targets.array(indices, training.target)
    return Examples(data: data, target: target, extras: extras)
  }
}

/// A table's folds as they train a model, all of them, and all but one by that one: made when they are first wanted.
final class FoldTrainings {
  /// All folds.
  private(set) lazy var onAll = table.training(table.split.all)
  private let table: FoldedTable
  private var made: [FoldedTable.Training?]

  init(_ table: FoldedTable) {
    self.table = table
    made = [FoldedTable.Training?](repeating: nil, count: table.split.folds.count)
  }

  func without(_ fold: Int) -> FoldedTable.Training {
    if let training = made[fold] { return training }
    let training = table.training(table.split.without(fold))
    made[fold] = training
    return training
  }
}
