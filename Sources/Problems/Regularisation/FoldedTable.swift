import BilevelOptimization
import Randomness
import Tensors

/// A table's examples: some test, the others are cut into folds whose sizes differ by one at most. Inputs, and targets of
/// regression, are standardised by the examples that train a model, whichever these are.
struct FoldedTable: Sendable {
  /// The examples.
  let table: ExampleTable
  /// The examples of each fold, and those that test.
  let folds: [[Int]]
  let test: [Int]

  /// Splits a table.
  ///
  /// - Throws: `SettingError` for settings that ask for more than there is.
  init(_ table: ExampleTable, _ settings: RegularisationSettings, seed: UInt64) throws {
    self.table = table
    let count = table.count
    let part = Int((settings.testPart * Double(count)).rounded())
    let test = settings.testPart > 0 ? max(1, part) : 0
    let train = settings.train == 0 ? count - test : settings.train
    guard train >= settings.folds, test + train <= count else {
      throw SettingError(
        "train=\(settings.train), test-part=\(settings.testPart), folds=\(settings.folds): there are "
          + "\(count) examples, \(test) of them to test; ask for fewer, at least one a fold")
    }
    var stream = RandomStream(seed: seed, purpose: .split)
    let order = stream.permutation(of: count)
    self.test = Array(order[..<test])
    folds = (0..<settings.folds).map { fold in
      let bounds = [fold, fold + 1].map { test + $0 * train / settings.folds }
      return Array(order[bounds[0]..<bounds[1]])
    }
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
