import BilevelOptimization
import DataFiles
import Foundation
import Models
import Problems
import TestSupport
import Tensors
import Testing

/// L1 penalties of linear models of sparse rows.
@Suite struct SparseLassoTests {
  private static let columns = 12

  /// LIBSVM text of rows with about four entries each, and targets that depend on the first three columns: quantities, or the
  /// sign of such.
  private static func text(rows: Int, seed: UInt64, isClass: Bool = false) -> String {
    var draws = Draws(seed: seed)
    func uniform() -> Double { Double(draws.next(10_000)) / 5_000 - 1 }
    var text = ""
    for _ in 0..<rows {
      var values = [Double](repeating: 0, count: columns)
      for column in values.indices where draws.next(3) == 0 { values[column] = uniform() }
      let target = 5 + 3 * values[0] - 2 * values[1] + values[2] + 0.3 * uniform()
      text += isClass ? (target > 5 ? "1" : "-1") : "\(target)"
      for (column, value) in values.enumerated() where value != 0 {
        text += " \(column + 1):\(value)"
      }
      text += "\n"
    }
    return text
  }

  private static var training: TrainingSettings {
    get throws {
      var settings = try SparseRegularisation.defaults
      (settings.lowerRule, settings.lowerRate, settings.lowerSteps) = (.fista, 1, 3000)
      (settings.precision, settings.k, settings.warmSolve) = (.double, 100, false)
      return settings
    }
  }

  private func problem(
    _ path: String, _ change: (inout SparseRegularisationSettings) -> Void
  ) throws -> SparseRegularisation {
    var settings = SparseRegularisationSettings()
    (settings.data, settings.penalty, settings.grouping) = (path, .l1, .one)
    (settings.validation, settings.test) = (20, 20)
    change(&settings)
    return try SparseRegularisation(settings, seed: 3)
  }

  private func adapted(_ problem: SparseRegularisation) throws -> [Double] {
    let training = try Self.training
    return try training.lowerOptimizer().adapt(
      problem.implicit(training), train: problem.task(0, step: 0).train
    ).values
  }

  /// The same minimum as the dense problem's of these rows: where all columns have mean 0 and variance 1, these know no standard.
  @Test(arguments: [RegularisationSettings.Penalty.l1, .elasticNet])
  func theMinimumIsThatOfDenseRows(_ penalty: RegularisationSettings.Penalty) throws {
    var (sparse, dense) = ("", "a,b,c,y\n")
    // All signs of three columns, each with a target of its own.
    for row in 0..<8 {
      let signs = (0..<3).map { row >> $0 & 1 == 1 ? 1.0 : -1.0 }
      let y = signs[0] - 0.5 * signs[1] + (row == 3 ? 0.7 : 0)
      sparse += "\(y) 1:\(signs[0]) 2:\(signs[1]) 3:\(signs[2])\n"
      dense += signs.map { "\($0)," }.joined() + "\(y)\n"
    }
    try withFiles([sparse, dense]) { paths in
      let own = try problem(paths[0]) {
        ($0.penalty, $0.strength, $0.kind) = (penalty, 0.05, .regression)
        ($0.validation, $0.test) = (.place(paths[0]), .place(paths[0]))
      }
      var settings = RegularisationSettings()
      (settings.table.data, settings.penalty, settings.strength) = (paths[1], penalty, 0.05)
      (settings.grouping, settings.table.kind) = (.one, .regression)
      (settings.validation, settings.test) = (.place(paths[1]), .place(paths[1]))
      let other = try Regularisation(settings, seed: 3)
      let training = try Self.training
      let reference = try training.lowerOptimizer().adapt(
        other.implicit(training), train: other.task(0, step: 0).train
      ).values
      let found = try adapted(own)
      #expect(relativeDistance(found, reference) < 1e-6, "\(found) \(reference)")
      #expect(found.contains { abs($0) > 0.1 })
    }
  }

  /// Beyond the largest strength biases alone are left, a little below it one weight is not 0; a lasso begins at 1/32 of it.
  @Test(arguments: [true, false]) func itBeginsAmidItsPath(_ isClass: Bool) throws {
    try withFiles([Self.text(rows: 80, seed: 1, isClass: isClass)]) { paths in
      // All rows that do not test train, as far as strengths are concerned.
      let problem = try problem(paths[0]) {
        ($0.validation, $0.folds, $0.test) = (.folds, 2, .place(paths[0]))
      }
      let largest = exp(problem.upperModel.values[0]) * 32
      for (part, isLeft) in [(1.001, false), (0.99, true)] {
        problem.upperModel.values = [log(part * largest)]
        let training = try Self.training
        let all = try problem.trainedLower(
          Adaptation(
            try problem.implicit(training), try training.lowerOptimizer(), from: problem.start))
        let weights = try #require(all?.values.prefix(Self.columns * (isClass ? 2 : 1)))
        #expect(weights.contains { abs($0) > 1e-9 } == isLeft, "\(weights)")
      }
    }
  }

  /// Hypergradients of a lasso's strengths, on the weights that are not 0, against differences of upper losses at minima.
  @Test(
    arguments: [RegularisationSettings.Penalty.l1, .elasticNet],
    [SparseRegularisationSettings.Grouping.one, .feature])
  func hypergradientsAreDifferences(
    _ penalty: RegularisationSettings.Penalty, _ grouping: SparseRegularisationSettings.Grouping
  ) throws {
    try withFiles([Self.text(rows: 100, seed: 2)]) { paths in
      let problem = try problem(paths[0]) {
        ($0.penalty, $0.grouping, $0.strength, $0.spread) = (penalty, grouping, 0.03, 0.5)
      }
      let training = try Self.training
      let (levels, examples) = (try problem.levels(training), try problem.task(0, step: 0))
      let optimizer = try training.lowerOptimizer()
      func solved() throws -> (loss: Double, gradient: [Double]) {
        let task = try LowerTask(
          levels, TaskData(train: examples.train, validate: examples.validate), optimizer,
          from: problem.lowerModel.values)
        var gradient = [Double](repeating: 0, count: problem.upperModel.count)
        let outcome = try training.method.make(
          levels, problem.methodOptions(training), optimizer
        ).hypergradient(task, into: &gradient)
        return (outcome.upperLoss, gradient)
      }
      let weights = try adapted(problem).prefix(Self.columns)
      let zeros = weights.count { $0 == 0 }
      #expect(zeros > 0 && zeros < Self.columns)
      let gradient = try solved().gradient
      let first = problem.upperModel.values
      // What all strengths have in common, and one of their own.
      for index in Set([0, gradient.count / 2, gradient.count - 1]).sorted() {
        let losses = try [1e-4, -1e-4].map { step in
          problem.upperModel.values = first
          problem.upperModel.values[index] += step
          return try solved().loss
        }
        let difference = (losses[0] - losses[1]) / 2e-4
        #expect(
          abs(difference - gradient[index]) < 1e-4 * abs(difference) + 1e-7,
          "\(index): \(difference) \(gradient[index])")
      }
    }
  }

  /// Each row validates in one fold, and trains in the others.
  @Test func foldsTakeTurns() throws {
    try withFiles([Self.text(rows: 50, seed: 4)]) { paths in
      let problem = try problem(paths[0]) {
        ($0.validation, $0.folds, $0.test) = (.folds, 4, 10)
      }
      let tasks = try (0..<4).map { try problem.task($0, step: 1) }
      #expect(tasks.allSatisfy { $0.train.target.shape == [30, 1] })
      #expect(Set(tasks.flatMap { $0.validate.data.values }).count > 40)
      #expect((0..<5).map { problem.identity(ofTask: $0, step: 1) } == [1, 2, 3, 0, 1])
      #expect(tasks.allSatisfy { $0.validate.target.shape == [10, 1] })
    }
  }

  /// Targets are learnt in a standard, and predicted in their own units.
  @Test func quantitiesArePredicted() throws {
    try withFiles([Self.text(rows: 120, seed: 5)]) { paths in
      let problem = try problem(paths[0]) { $0.strength = 0.002 }
      let training = try Self.training
      let lower = try #require(
        try problem.trainedLower(
          Adaptation(
            try problem.implicit(training), try training.lowerOptimizer(), from: problem.start)))
      #expect(lower.extras.map(\.name) == ["targets/mean", "targets/scale"])
      let table = try #require(try problem.predictions(lower.values, forFile: paths[0]))
      let targets = try #require(try SparseTable.read(paths[0]).targets)
      let errors = zip(table.rows, targets).map { (Double($0[1]) ?? .nan) - $1 }
      #expect(errors.allSatisfy { abs($0) < 0.7 }, "\(errors)")
    }
  }

  @Test func whatTargetsAre() throws {
    try withFiles([
      Self.text(rows: 30, seed: 6, isClass: true), "1 1:1\nnan 2:1\n2 1:2\n",
    ]) { paths in
      let classes = try problem(paths[0]) { ($0.validation, $0.test) = (5, 5) }
      #expect(classes.lowerModel.count == 2 * (Self.columns + 1))
      let numbers = try problem(paths[0]) {
        ($0.validation, $0.test, $0.kind) = (5, 5, .regression)
      }
      #expect(numbers.lowerModel.count == Self.columns + 1)
      #expect(throws: SettingError.self) { try problem("") { $0.kind = .regression } }
      #expect(throws: DataFileError.self) {
        try problem(paths[1]) { ($0.validation, $0.test, $0.kind) = (1, 1, .regression) }
      }
    }
  }
}
