import BilevelOptimization
import Foundation
import Models
import Tensors

extension Regularisation {
  /// How a table was read; validation over all folds, and test after training on all of them, with the first strengths and
  /// the learnt ones; and the learnt strengths.
  ///
  /// - Throws: What adaptation, hypergradients and predictions throw: `HypergradientError`, `TensorError`.
  public func results(
    _ training: Adaptation<RegularisationUpper, Sequential>
  ) throws -> [ResultTable] {
    let learnt = upperModel.values
    defer { upperModel.values = learnt }
    let measures = table.table.targets.measures
    let both = [("first strengths", firstValues), ("learnt strengths", learnt)]
    let rows = try both.map { name, values in
      upperModel.values = values
      let validation = try table.split.validating.map { fold in
        let task = try task(fold: fold)
        return try scores(task.validate, try training.adapt(task.train))
      }
      let means = measures.indices.map { measure in
        validation.reduce(0) { $0 + $1[measure] } / Double(validation.count)
      }
      let all = trainings.onAll
      let whole = try training.adapt(try trainExamples(all))
      let test = try scores(try table.examples(table.split.test, standardisedBy: all), whole)
      return [name] + (means + test).map { String(format: "%.4f", $0) }
    }
    return notes + [
      ResultTable(
        partsTitle
          + (table.isClassification ? "" : "; errors in parts of the targets' variance"),
        columns: [""] + measures.map { "validation \($0)" } + measures.map { "test \($0)" },
        rows: rows)
    ] + penalties.map { strengths($0.penalty, $0.logarithms(learnt)) } + dropout(learnt)
      + inputs(learnt)
  }

  private var partsTitle: String {
    table.split.title(isFolded: settings.validation == .folds, of: "examples")
  }

  private func scores(_ examples: Examples, _ adapted: AuxiliaryModel) throws -> [Double] {
    let prediction = try lowerModel.evaluate(examples.data, at: adapted.values) { $0($1) }
    return try table.table.targets.scores(prediction, examples.target)
  }

  /// How a user's own table was read.
  private var notes: [ResultTable] {
    let notes = table.table.notes
    if notes.isEmpty { return [] }
    return [
      ResultTable(
        settings.table.data, columns: ["", ""], rows: notes.map { [$0.key, $0.value] })
    ]
  }

  /// The learnt strengths of a penalty, and what other libraries call them: scikit-learn's C and alpha.
  private func strengths(
    _ penalty: RegularisationSettings.Penalty, _ logarithms: [Double]
  ) -> ResultTable {
    let names = lowerModel.parameters.map(\.name)
    let hasRanges = settings.grouping.isFine
    let terms = StrengthTerms(
      penalty: penalty, whole: settings.penalty, isClassification: table.isClassification,
      count: table.trainCount, noun: "standardised examples")
    func row(_ name: String, _ logarithms: some Collection<Double>) -> [String] {
      let sorted = logarithms.sorted()
      let middle = exp(sorted[sorted.count / 2])
      let range = hasRanges ? [exp(sorted[0]), exp(sorted[sorted.count - 1])] : []
      return [name] + ([middle] + range + [terms.theirs(middle)]).map { String(format: "%.4g", $0) }
    }
    let rows =
      switch settings.grouping {
      case .one: [row(Self.allWeights, logarithms)]
      case .layer: zip(names, logarithms).map { row($0, [$1]) }
      case .feature:
        [row(names[0], logarithms.prefix(table.inputs))]
          + zip(names.dropFirst(), logarithms.dropFirst(table.inputs)).map { row($0, [$1]) }
      case .parameter:
        lowerModel.parameters.map { parameter in
          row(
            parameter.name,
            logarithms[parameter.offset..<parameter.offset + parameter.shape.count])
        }
      }
    return ResultTable(
      terms.about,
      columns: ["", hasRanges ? "median" : "s"] + (hasRanges ? ["smallest", "largest"] : [])
        + [terms.title],
      rows: rows)
  }

  /// The rates of dropout, where there are some.
  private func dropout(_ upper: [Double]) -> [ResultTable] {
    guard !rates(upper).isEmpty else { return [] }
    return [
      ResultTable(
        "Rates of dropout", columns: ["inputs of", "first", "learnt"],
        rows: rates(upper).enumerated().map { place, rate in
          [
            weights[place].name, String(format: "%.4g", settings.dropout),
            String(format: "%.4g", rate),
          ]
        })
    ]
  }

  private func rates(_ upper: [Double]) -> [Double] {
    let first = penalties.reduce(0) { $0 + $1.prior.count }
    return upper.dropFirst(first).map(Dropping.rate)
  }

  /// The strengths, where they are few, and the rates of dropout.
  public func followed() -> [FollowedNumber] {
    let upper = upperModel.values
    let names = settings.grouping == .one ? [Self.allWeights] : lowerModel.parameters.map(\.name)
    let strengths =
      settings.grouping.isFine
      ? []
      : penalties.flatMap { part in
        zip(names, part.logarithms(upper)).map { name, logarithm in
          FollowedNumber("\(part.penalty.rawValue) of \(name)", exp(logarithm))
        }
      }
    return strengths
      + zip(weights, rates(upper)).map { FollowedNumber("dropout before \($0.name)", $1) }
  }

  /// What a strength of all weights is called.
  private static let allWeights = "all weights"

  /// The weights of the dense layers, one after another.
  private var weights: [Parameter] { lowerModel.parameters.filter { $0.shape.rank > 1 } }

  /// The inputs by their strengths, where each has one: those that matter most first.
  private func inputs(_ upper: [Double]) -> [ResultTable] {
    guard settings.grouping == .feature else { return [] }
    let own = penalties.map { $0.logarithms(upper) }
    // Of an elastic net by the L1 penalty, which is the last.
    let last = own[own.count - 1]
    let sorted = (0..<table.inputs).sorted { (last[$0], $0) < (last[$1], $1) }
    let columns = table.table.encoding.columns
    return [
      ResultTable(
        "Inputs, the least regularised first",
        columns: ["input"]
          + (own.count == 1 ? ["s"] : penalties.map { "s, \($0.penalty.rawValue)" }),
        rows: sorted.map { input in
          [columns[input].name] + own.map { String(format: "%.4g", exp($0[input])) }
        },
        file: "inputs.csv")
    ]
  }
}
