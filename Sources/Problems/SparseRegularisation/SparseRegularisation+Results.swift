import BilevelOptimization
import DataFiles
import Foundation
import Models
import Tensors

extension SparseRegularisation {
  /// Scores on the rows that validate and those that test, of models trained with the first strengths and with the learnt ones; on
  /// those that test, also of models trained on all rows that do not; and the learnt strengths.
  ///
  /// - Throws: What adaptation and predictions throw: `HypergradientError`, `TensorError`.
  public func results(
    _ training: Adaptation<RegularisationUpper, SparseClassifier>
  ) throws -> [ResultTable] {
    let learnt = upperModel.values
    defer { upperModel.values = learnt }
    let last = try folds.enumerated().map { try training.lower(ofTask: $0, $1.train) }
    let all = try trainedOnAllRows(training)
    upperModel.values = firstValues
    let (first, firstAll) = (try folds.map(training.retrained), try training.retrained(allRows()))
    let rows = try [
      ("first strengths", first, firstAll), ("learnt strengths", last, all),
    ].map { name, own, all in
      [name]
        + (try scores(own) + testScores(all, trainedOn: split.all)).map {
          String(format: "%.4f", $0)
        }
    }
    let parts = ["validation"] + (isFolded ? [] : ["test"]) + ["test, trained on all"]
    let titles = parts.flatMap { part in examples.targets.measures.map { "\(part) \($0)" } }
    return [
      ResultTable(
        split.title(isFolded: isFolded, of: "rows") + "; \(examples.matrix.columnCount) columns, "
          + (examples.targets.isClassification
            ? "\(examples.targets.outputs) classes" : "errors in parts of the targets' variance"),
        columns: [""] + titles, rows: rows)
    ] + strengths(learnt)
  }

  private var isFolded: Bool { settings.validation == .folds }

  /// All rows that do not test, to train.
  private func allRows() throws -> TaskExamples {
    try Self.task(
      examples, train: split.all, validate: split.folds[split.validating[0]], of: split.trainCount)
  }

  /// A lower model trained on them with the upper parameters as they are.
  func trainedOnAllRows(
    _ training: Adaptation<RegularisationUpper, SparseClassifier>
  ) throws -> [Double] {
    try whole.values(at: upperModel.values) { try training.retrained(allRows()) }
  }

  /// Those of a model for each fold on that fold, and, where there is but one, on the rows that test.
  private func scores(_ models: [[Double]]) throws -> [Double] {
    let own = try zip(split.validating, models).map { fold, values in
      try scores(values, on: split.folds[fold], trainedOn: split.without(fold))
    }
    let means = examples.targets.measures.indices.map { measure in
      own.reduce(0) { $0 + $1[measure] } / Double(own.count)
    }
    guard !isFolded else { return means }
    return try means + testScores(models[0], trainedOn: split.folds[0])
  }

  private func testScores(_ values: [Double], trainedOn rows: [Int]) throws -> [Double] {
    try scores(values, on: split.test, trainedOn: rows)
  }

  /// Scores of lower parameters.
  private func scores(
    _ values: [Double], on rows: [Int], trainedOn training: [Int]
  ) throws -> [Double] {
    try examples.targets.scores(
      outputs(of: examples.matrix.rows(rows), at: values),
      examples.targets.array(rows, examples.targets.standard(training)))
  }

  /// The learnt strengths: the one, those of classes, or those of columns, the least first.
  private func strengths(_ upper: [Double]) -> [ResultTable] {
    guard settings.grouping != .feature else { return [columns(upper)] }
    return penalties.map { part in
      let terms = terms(part.penalty)
      let names = settings.grouping == .one ? [allName] : examples.targets.classNames
      return ResultTable(
        terms.about, columns: ["", "s", terms.title],
        rows: zip(names, part.logarithms(upper)).map { name, logarithm in
          [name] + [exp(logarithm), terms.theirs(exp(logarithm))].map(Self.text)
        })
    }
  }

  private var allName: String { settings.penalty == .l2 ? "all parameters" : "all weights" }

  private static func text(_ number: Double) -> String { String(format: "%.4g", number) }

  private func terms(_ penalty: RegularisationSettings.Penalty) -> StrengthTerms {
    StrengthTerms(
      penalty: penalty, whole: settings.penalty,
      isClassification: examples.targets.isClassification, count: split.trainCount, noun: "rows")
  }

  /// Those of columns, by the L1 penalty where there are both.
  private func columns(_ upper: [Double]) -> ResultTable {
    let own = penalties.map { $0.logarithms(upper) }
    let last = own[own.count - 1]
    let sorted = (0..<examples.matrix.columnCount).sorted { (last[$0], $0) < (last[$1], $1) }
    return ResultTable(
      "\(terms(penalties[penalties.count - 1].penalty).about), the least first",
      columns: ["column"]
        + (own.count == 1 ? ["s"] : penalties.map { "s, \($0.penalty.rawValue)" }),
      rows: sorted.map { column in ["\(column)"] + own.map { Self.text(exp($0[column])) } },
      file: "columns.csv")
  }

  /// The strengths, where they are few.
  public func followed() -> [FollowedNumber] {
    guard settings.grouping == .one else { return [] }
    let upper = upperModel.values
    return penalties.map {
      FollowedNumber("\($0.penalty.rawValue) of \(allName)", exp($0.logarithms(upper)[0]))
    }
  }
}
