import BilevelOptimization
import DataFiles
import Models
import Tensors

extension Regularisation {
  /// The lower model trained on all folds with the learnt strengths. Its inputs are (x - `inputs/mean`) times
  /// `inputs/scale`; with regression, targets are standardised likewise.
  ///
  /// - Throws: What adaptation throws: `HypergradientError`, `TensorError`.
  public func trainedLower(_ training: Adaptation<RegularisationUpper, Sequential>) throws
    -> TrainedLower?
  {
    let all = trainings.onAll
    let adapted = try training.adapt(try trainExamples(all))
    func standards(_ name: String, _ standards: [Standardisation]) -> [TrainedLower.Extra] {
      [
        .init("\(name)/mean", standards.map(\.center)),
        .init("\(name)/scale", standards.map(\.factor)),
      ]
    }
    let inputs = table.table.encoding.columns.enumerated().map { ("input/\($0)", $1.name) }
    let classes = classNames.enumerated().map { ("class/\($0)", $1) }
    return TrainedLower(
      adapted.values,
      extras: standards("inputs", all.columns)
        + (all.target.map { standards("targets", [$0]) } ?? []),
      words: inputs + classes)
  }

  /// Predictions for the rows of a CSV file: classes and their probabilities, or numbers in the targets' units.
  ///
  /// - Throws: `DataFileError` for a file that cannot be read or lacks inputs; `TensorError`.
  public func predictions(_ lower: [Double], forFile path: String) throws -> ResultTable? {
    let file = try settings.table.table(path, like: table.table.encoding)
    let encoding = try table.table.encoding.matched(to: file)
    let inputs = try encoding.inputs(of: file)
    if settings.table.missing != .mean { try requireAll(inputs, encoding, file) }
    let all = trainings.onAll
    let data = try inputs.array(Array(0..<file.rowCount), all.columns)
    let outputs = try lowerModel.evaluate(data, at: lower) { $0($1) }
    if let target = all.target {
      return Predictions.numbers(outputs.values.map(target.inverse))
    }
    return Predictions.classes(outputs, named: classNames)
  }

  private var classNames: [String] { table.table.targets.classNames }

  private func requireAll(
    _ inputs: ExampleInputs, _ encoding: InputEncoding, _ file: Table
  ) throws(DataFileError) {
    if let row = inputs.withMissing.first {
      let column = encoding.firstMissing(of: file, inRow: row) ?? 0
      throw DataFileError(
        file.path, at: file.place(row, column), "the cell is missing",
        remedy: "complete the row or leave it out; a run with missing=mean predicts it")
    }
  }
}
