import BilevelOptimization
import DataFiles
import Models
import Tensors

extension SparseRegularisation {
  /// The lower model as the run leaves it.
  ///
  /// - Throws: What adaptation throws: `HypergradientError`, `TensorError`.
  public func trainedLower(
    _ training: Adaptation<RegularisationUpper, SparseClassifier>
  ) throws -> TrainedLower? {
    let standard = examples.targets.standard(split.all)
    return TrainedLower(
      try trainedOnAllRows(training),
      extras: standard.map {
        [.init("targets/mean", [$0.center]), .init("targets/scale", [$0.factor])]
      } ?? [],
      words: examples.targets.classNames.enumerated().map { ("class/\($0)", $1) })
  }

  /// The classes, or quantities, of a file of sparse rows.
  ///
  /// - Throws: `DataFileError` for a file that cannot be read, or has more columns.
  public func predictions(_ lower: [Double], forFile path: String) throws -> ResultTable? {
    let file = try SparseTable.read(path)
    let columns = examples.matrix.columnCount
    guard file.matrix.columnCount <= columns else {
      throw DataFileError(
        path, "has \(file.matrix.columnCount) columns, and those of training had \(columns)",
        remedy: "give rows of the same columns")
    }
    let outputs = try outputs(of: file.matrix, at: lower)
    if let standard = examples.targets.standard(split.all) {
      return Predictions.numbers(outputs.values.map(standard.inverse))
    }
    return Predictions.classes(outputs, named: examples.targets.classNames)
  }

  /// What lower parameters say of rows, `[n, outputs]`.
  func outputs(of rows: SparseMatrix, at values: [Double]) throws -> DataArray {
    let (columns, width) = (examples.matrix.columnCount, examples.targets.outputs)
    let outputs = (0..<rows.rowCount).flatMap { row -> [Double] in
      var own = Array(values[columns * width..<(columns + 1) * width])
      for entry in rows.starts[row]..<rows.starts[row + 1] {
        let (first, value) = (Int(rows.columns[entry]) * width, rows.values[entry])
        for k in 0..<width { own[k] += value * values[first + k] }
      }
      return own
    }
    return try DataArray([rows.rowCount, width], outputs)
  }
}
