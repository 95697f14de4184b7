import BilevelOptimization
import DataFiles
import Foundation
import Randomness
import Tensors

/// Numeric examples: some test, the others are cut into folds of one size. Inputs, and targets of regression, are
/// standardised by the examples that train a model, whichever these are.
struct FoldedTable: Sendable {
  /// Inputs of an example, and classes (1 for regression).
  let inputs: Int
  let outputs: Int
  /// The examples of each fold, and those that test.
  let folds: [[Int]]
  let test: [Int]
  /// The checksum of the file, where there is one.
  let checksums: [DataChecksum]
  private let columns: [[Double]]
  private let targets: [Double]
  private let isClassification: Bool

  /// Reads and splits the data.
  ///
  /// - Throws: `DataFileError` for files that are none; `SettingError` for settings that ask for more than there is.
  init(_ settings: RegularisationSettings, seed: UInt64) throws {
    let (columns, targets, path, checksum) = try Self.table(settings)
    checksums = checksum.map { [DataChecksum("table", $0)] } ?? []
    let count = targets.count
    isClassification = settings.kind == .classification
    outputs = isClassification ? try Self.classCount(targets, path) : 1
    let test = max(1, Int((settings.testPart * Double(count)).rounded()))
    let train = settings.train == 0 ? count - test : settings.train
    let size = train / settings.folds
    guard size >= 1, test + train <= count else {
      throw SettingError(
        "train=\(settings.train), test-part=\(settings.testPart), folds=\(settings.folds): there are "
          + "\(count) examples, \(test) of them to test; ask for fewer, at least one a fold")
    }
    var stream = RandomStream(seed: seed, purpose: .split)
    let order = stream.permutation(of: count)
    self.test = Array(order[..<test])
    folds = (0..<settings.folds).map { fold in
      Array(order[(test + fold * size)..<(test + (fold + 1) * size)])
    }
    inputs = columns.count
    self.columns = columns
    self.targets = targets
  }

  /// Examples that train a model: they alone give mean and variance.
  struct Training: Sendable {
    let indices: [Int]
    /// The standards of the input columns, and of regression's targets.
    fileprivate let columns: [Standardisation]
    fileprivate let target: Standardisation
  }

  /// Examples to train a model, at least one, with the standards that they set.
  func training(_ indices: [Int]) -> Training {
    func standard(_ column: [Double]) -> Standardisation {
      Standardisation(indices.map { column[$0] })
    }
    return Training(
      indices: indices, columns: columns.map(standard), target: standard(targets))
  }

  /// The input columns, the targets, and what errors call them.
  private static func table(
    _ settings: RegularisationSettings
  ) throws -> (columns: [[Double]], targets: [Double], path: String, checksum: UInt32?) {
    guard !settings.data.isEmpty else {
      let digits = Digits.all
      let images = digits.labels.indices.map(digits.image)
      let columns = (0..<digits.pixelCount).map { pixel in images.map { Double($0[pixel]) } }
      return (columns, digits.labels.map(Double.init), "the embedded digits", nil)
    }
    let table = try NumericTable.read(settings.data)
    let target = try table.column(settings.target)
    guard table.array.shape[1] >= 2 else {
      throw DataFileError(
        settings.data, "has one column",
        remedy: "give at least one column of inputs and the targets")
    }
    let (count, values) = (table.array.shape[1], table.array.values)
    func column(_ index: Int) -> [Double] {
      stride(from: index, to: values.count, by: count).map { values[$0] }
    }
    return (
      (0..<count).filter { $0 != target }.map(column), column(target), settings.data,
      table.array.checksum
    )
  }

  private static func classCount(_ targets: [Double], _ path: String) throws -> Int {
    for (row, target) in targets.enumerated() {
      guard target >= 0, target < 10_000, target == target.rounded(.towardZero) else {
        throw DataFileError(
          path, at: .row(row), "the target \(target) is no class number",
          remedy: "number the classes 0, 1, 2, ..., or set kind=regression")
      }
    }
    return max(2, Int(targets.max() ?? 0) + 1)
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
    let inputs = zip(columns, training.columns).map { column, standard in
      indices.map { standard(column[$0]) }
    }
    let data = try DataArray(
      [indices.count, columns.count],
      indices.indices.flatMap { row in inputs.map { $0[row] } })
    return Examples(
      data: data,
      target: isClassification
        ? DataArray(indices.map { targets[$0] })
        : try DataArray([indices.count, 1], indices.map { training.target(targets[$0]) }),
      extras: extras)
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
