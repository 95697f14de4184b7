import BilevelOptimization
import DataFiles
import Foundation
import Problems
import Tensors
import TestSupport
import Testing

/// Strengths of a linear classifier of sparse rows.
@Suite struct SparseRegularisationTests {
  private func problem(
    _ change: (inout SparseRegularisationSettings) -> Void = { _ in }
  ) throws -> SparseRegularisation {
    var settings = SparseRegularisationSettings()
    change(&settings)
    return try SparseRegularisation(settings, seed: 3)
  }

  /// Four rows of three columns, and their classes, 7 and 9.
  private static let text = "7 1:0.5 3:2\n9 2:1\n7 1:-1\n9 2:0.25 3:1\n"

  /// f less f without rows and biases at 0 is the penalty, by hand; and the loss that of dense rows.
  @Test(arguments: [SparseRegularisationSettings.Grouping.feature, .one])
  func theLowerLossIsThatOfDenseRows(
    _ grouping: SparseRegularisationSettings.Grouping
  ) throws {
    try withFiles([Self.text + Self.text, Self.text]) { paths in
      let problem = try problem {
        ($0.data, $0.validation, $0.test) = (paths[0], .place(paths[1]), .place(paths[1]))
        ($0.grouping, $0.priorWidth) = (grouping, 0)
      }
      let fine = grouping == .feature
      #expect(problem.upperModel.count == (fine ? 4 : 1) && problem.lowerModel.count == 3 * 2 + 2)
      let logarithms = fine ? [0.1, -0.4, 0.7, -1] : [0.3]
      problem.upperModel.values = logarithms
      let values = [0.3, -0.2, 0.5, 0.1, -0.7, 0.4, 0.2, -0.6]
      let implicit = try Implicit(
        upperObjective: { problem.upperObjective($0) }, upperModel: problem.upperModel,
        lowerObjective: { problem.lowerObjective($0) }, lowerModel: problem.lowerModel,
        lowerLearningRate: 0.1, k: 0, method: .neumannSeries, precision: .double)
      let step = try GradientDescent(learningRate: 0.1, steps: 1)
      let train = try problem.task(0, step: 0).train
      let loss = try #require(
        try step.adapt(implicit, train: train, from: values, recordsLosses: true).losses.first)
      let rows: [[Double]] = [[0.5, 0, 2], [0, 1, 0], [-1, 0, 0], [0, 0.25, 1]]
      var losses = 0.0
      for (row, label) in zip(rows, [0, 1, 0, 1]) {
        var logits = [values[6], values[7]]
        for (column, value) in row.enumerated() {
          for k in 0..<2 { logits[k] += value * values[column * 2 + k] }
        }
        losses += log(exp(logits[0]) + exp(logits[1])) - logits[label]
      }
      var penalty = 0.0
      for (place, value) in values.enumerated() {
        let strength = exp(logarithms[fine ? min(place / 2, 3) : 0])
        penalty += strength * value * value / 2
      }
      // Eight rows train, four validate.
      let expected = losses / 4 + 12.0 / 8 * penalty
      // c is above 1/2 + 1/4 of the mean square of the longest column.
      let c = expected / loss
      #expect(c > 0.5 && c < 2)
      let other = try step.adapt(
        implicit, train: train, from: [Double](repeating: 0, count: 8), recordsLosses: true)
      #expect(abs(other.losses[0] * c - log(2)) < 1e-12)
    }
  }

  @Test func rowsAndClassesMayLieInTwoFiles() throws {
    try withFolder { folder in
      let (rows, classes) = ("\(folder)/rows.svm", "\(folder)/classes.idx")
      try Self.text.write(toFile: rows, atomically: true, encoding: .utf8)
      // IDX: bytes, one axis of four.
      try Data([0, 0, 8, 1, 0, 0, 0, 4, 3, 1, 3, 1]).write(to: URL(fileURLWithPath: classes))
      let problem = try problem {
        ($0.data, $0.validation, $0.test) = ("\(rows),\(classes)", 1, 1)
      }
      #expect(problem.data.map(\.name) == ["rows", "classes"])
      #expect(problem.lowerModel.count == 8)
    }
  }

  @Test func whatDoesNotFitIsNamed() throws {
    try withFiles([
      Self.text, "7 1:1\n7 2:1\n", "5 1:1\n9 2:1\n9 1:1\n", "7 4:1\n9 1:1\n9 2:1\n",
    ]) { paths in
      for (data, test, message) in [
        (paths[1], paths[1], "1 classes among 2 rows"),
        (paths[0], paths[2], "the class 5, which is none of data's"),
        (paths[0], paths[3], "has 4 columns, and data has 3"),
        (paths[0] + "-none", paths[0], "no such file"),
      ] {
        let error = #expect(throws: (any Error).self) {
          try problem { ($0.data, $0.validation, $0.test) = (data, 1, .place(test)) }
        }
        #expect(error.map { "\($0)".contains(message) } == true, "\(String(describing: error))")
      }
    }
    #expect(throws: SettingError.self) { try problem { $0.test = .folds } }
  }

  @Test func predictionsAreThoseOfTheRows() throws {
    try withFiles([Self.text + Self.text, "0 1:1\n0 2:2 3:-1\n0\n"]) { paths in
      let problem = try problem {
        ($0.data, $0.validation, $0.test) = (paths[0], 2, 2)
      }
      let values = [1.0, 0, 0, 1, 0, 3, 0.5, 0]
      let table = try #require(try problem.predictions(values, forFile: paths[1]))
      #expect(table.rows.map { $0[1] } == ["7", "7", "7"])
      // 1.5 and 0; 0.5 and -1; 0.5 and 0.
      let expected = [(1.5, 0.0), (0.5, -1.0), (0.5, 0.0)].map { 1 / (1 + exp($0.1 - $0.0)) }
      for (row, part) in zip(table.rows, expected) {
        #expect(abs((Double(row[2]) ?? 0) - part) < 1e-5)
      }
    }
  }
}
