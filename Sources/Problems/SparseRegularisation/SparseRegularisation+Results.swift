import BilevelOptimization
import DataFiles
import Foundation
import Models
import Tensors

extension SparseRegularisation {
  /// Accuracy and cross-entropy on the rows that validate and those that test, of models trained on the others with the first
  /// strengths and with the learnt ones, and of one trained on all that do not test; and the learnt strengths.
  ///
  /// - Throws: What adaptation and predictions throw: `HypergradientError`, `TensorError`.
  public func results(_ training: Adaptation<Tensor, SparseClassifier>) throws -> [ResultTable] {
    let learnt = upperModel.values
    defer { upperModel.values = learnt }
    let last = try training.lower(ofTask: 0, whole.train)
    let all = try training.retrained(allRows())
    upperModel.values = firstValues
    let (first, firstAll) = (try training.retrained(whole), try training.retrained(allRows()))
    func text(_ values: [Double], on rows: [Int]) throws -> [String] {
      try scores(values, on: rows).map { String(format: "%.4f", $0) }
    }
    let rows = try [
      ("first strengths", first, firstAll), ("learnt strengths", last, all),
    ].map { name, own, all in
      [name] + (try text(own, on: split.validate)) + (try text(own, on: split.test))
        + (try text(all, on: split.test))
    }
    let titles = ["validation", "test", "test, trained on all"].flatMap {
      ["\($0) accuracy", "\($0) cross-entropy"]
    }
    return [
      ResultTable(
        "\(split.train.count) rows to train, \(split.validate.count) to validate, \(split.test.count) "
          + "to test; \(examples.matrix.columnCount) columns, \(examples.classNames.count) classes",
        columns: [""] + titles, rows: rows)
    ] + strengths(prior.logarithms(learnt))
  }

  /// All rows that do not test, to train.
  private func allRows() throws -> TaskExamples {
    let rows = split.train + split.validate
    return try Self.task(examples, train: rows, validate: split.validate, of: rows.count)
  }

  /// Accuracy and cross-entropy of lower parameters.
  private func scores(_ values: [Double], on rows: [Int]) throws -> [Double] {
    return try Scores.classification(
      logits(of: examples.matrix.rows(rows), at: values),
      DataArray(indices: rows.map { examples.classes[$0] }))
  }

  /// The learnt strengths: the one, or those of columns, the least first.
  private func strengths(_ logarithms: [Double]) -> [ResultTable] {
    func text(_ logarithm: Double) -> String { String(format: "%.4g", exp(logarithm)) }
    let about = "Learnt strengths s of the penalty 1/2 sum s w^2 beside the mean cross-entropy"
    guard settings.grouping == .feature else {
      let c = 1 / (Double(split.train.count + split.validate.count) * exp(logarithms[0]))
      return [
        ResultTable(
          about, columns: ["", "s", "C = 1 / (N s)"],
          rows: [["all parameters", text(logarithms[0]), String(format: "%.4g", c)]])
      ]
    }
    let sorted = (0..<logarithms.count - 1).sorted {
      (logarithms[$0], $0) < (logarithms[$1], $1)
    }
    return [
      ResultTable(
        "\(about), the least first", columns: ["column", "s"],
        rows: sorted.map { ["\($0)", text(logarithms[$0])] }, file: "columns.csv")
    ]
  }

  /// The lower model as the run leaves it.
  ///
  /// - Throws: What adaptation throws: `HypergradientError`, `TensorError`.
  public func trainedLower(
    _ training: Adaptation<Tensor, SparseClassifier>
  ) throws -> TrainedLower? {
    TrainedLower(
      try training.retrained(allRows()),
      words: examples.classNames.enumerated().map { ("class/\($0)", $1) })
  }

  /// The classes of a file of sparse rows.
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
    return Predictions.classes(
      try logits(of: file.matrix, at: lower), named: examples.classNames)
  }

  /// What lower parameters say of rows, `[n, classes]`.
  private func logits(of rows: SparseMatrix, at values: [Double]) throws -> DataArray {
    let (columns, classes) = (examples.matrix.columnCount, examples.classNames.count)
    let logits = (0..<rows.rowCount).flatMap { row -> [Double] in
      var own = Array(values[columns * classes..<(columns + 1) * classes])
      for entry in rows.starts[row]..<rows.starts[row + 1] {
        let (first, value) = (Int(rows.columns[entry]) * classes, rows.values[entry])
        for k in 0..<classes { own[k] += value * values[first + k] }
      }
      return own
    }
    return try DataArray([rows.rowCount, classes], logits)
  }
}
