import BilevelOptimization
import DataFiles
import Foundation
import Problems
import TestSupport
import Tensors
import Testing

@Suite struct RegularisationTests {
  private func problem(
    _ change: (inout RegularisationSettings) -> Void = { _ in }, seed: UInt64 = 1
  ) throws -> Regularisation {
    var settings = RegularisationSettings()
    settings.train = 50
    change(&settings)
    return try Regularisation(settings, seed: seed)
  }

  private func rows(_ array: DataArray) -> [[Double]] {
    let width = array.shape[1]
    return (0..<array.shape[0]).map { Array(array.values[$0 * width..<($0 + 1) * width]) }
  }

  @Test(arguments: [
    (RegularisationSettings.Grouping.parameter, 650), (.feature, 65), (.layer, 2), (.one, 1),
  ]) func strengthsAreSharedAsAsked(_ grouping: RegularisationSettings.Grouping, _ count: Int)
    throws
  {
    let problem = try problem { ($0.grouping, $0.spread) = (grouping, 0) }
    #expect(problem.upperModel.values == [Double](repeating: log(1 / 50.0), count: count))
    let group = try #require(problem.task(0, step: 0).train.extras.first).values.values
    #expect(group.count == 650 && Set(group.filter { $0 < Double(count) }).count == count)
    // Ten weights leave each pixel.
    let pixels = (0..<640).map { Double($0 / 10) } + [Double](repeating: 64, count: 10)
    if grouping == .feature { #expect(group == pixels) }
    // Biases have a strength of their own, or none.
    if grouping == .layer || grouping == .one {
      #expect(group == (0..<650).map { $0 < 640 ? 0 : 1 })
    }
  }

  /// What strengths of single parameters have in common, and how far they stray from it.
  @Test func strengthsOfParametersHaveSomethingInCommon() throws {
    let problem = try problem { ($0.grouping, $0.spread) = (.parameter, 0.5) }
    #expect(problem.upperModel.parameters.map(\.name) == ["log-strength", "deviations"])
    #expect(problem.upperModel.values == [log(1 / 50.0)] + [Double](repeating: 0, count: 650))
    let at: [Double] = [-1, 2] + [Double](repeating: 0, count: 648) + [-2]
    problem.upperModel.values = at
    let implicit = try problem.implicit(Regularisation.defaults)
    let task = try problem.task(0, step: 0)
    let ones = [Double](repeating: 1, count: 650)
    // df/dw less that of all strengths at their first values: strengths times w times 50 / 40, over c.
    func slope(_ values: [Double]) throws -> [Double] {
      problem.upperModel.values = values
      return try implicit.linearised(train: task.train, at: ones).gradient
    }
    let (found, none) = (try slope(at), try slope([-100] + [Double](repeating: 0, count: 650)))
    let strengths = zip(found, none).map { $0 - $1 }
    #expect(abs(strengths[0] / strengths[1] - exp(1)) < 1e-3)
    #expect(abs(strengths[649] / strengths[1] - exp(-1)) < 1e-3)
  }

  /// A strength counts beside the sum of losses: of 40 of 50 examples that train, more beside their mean.
  @Test func strengthsCountBesideTheSumOfLosses() throws {
    let problem = try problem()
    #expect(try problem.task(0, step: 0).train.extras.last?.values.values == [1.25])
  }

  /// Beyond the largest strength nothing is left of a linear model; a lasso begins at 1/32 of it.
  @Test(arguments: [true, false]) func aLassoBeginsAmidItsPath(_ isClass: Bool) throws {
    let rows = (0..<40).map { row in
      let (a, b) = (sin(Double(row)), cos(Double(7 * row)))
      let y = 2 * a + 0.3 * sin(Double(row * row))
      return "\(isClass ? (y > 0 ? "yes" : "no") : "\(y)"),\(a),\(b)\n"
    }
    let path = try csv("y,a,b\n" + rows.joined())
    defer { try? FileManager.default.removeItem(atPath: path) }
    let problem = try problem { settings in
      (settings.table.data, settings.table.target, settings.penalty) = (path, "y", .l1)
      (settings.train, settings.grouping) = (0, .one)
      settings.table.kind = isClass ? .classification : .regression
    }
    var settings = Regularisation.defaults
    (settings.lowerRule, settings.lowerRate, settings.precision) = (.fista, 1, .double)
    let largest = exp(problem.upperModel.values[0]) * 32
    for (part, isLeft) in [(1.001, false), (0.999, true)] {
      problem.upperModel.values = [log(part * largest)]
      let all = try problem.trainedLower(
        Adaptation(
          try problem.implicit(settings), try settings.lowerOptimizer(), from: problem.start))
      let weights = try #require(all?.values.prefix(isClass ? 4 : 2))
      #expect(weights.contains { abs($0) > 1e-9 } == isLeft, "\(weights)")
    }
  }

  /// Both penalties by their own strengths: with next to none of L1 the minimum is that of L2 alone, with much nothing is left.
  @Test func anElasticNetIsBoth() throws {
    func lower(_ penalty: RegularisationSettings.Penalty, _ upper: [Double]) throws -> [Double] {
      let problem = try problem { ($0.penalty, $0.grouping) = (penalty, .one) }
      #expect(problem.upperModel.count == upper.count)
      problem.upperModel.values = upper
      var settings = Regularisation.defaults
      (settings.lowerRate, settings.lowerSteps, settings.precision) = (1, 2000, .double)
      settings.lowerRule = penalty == .l2 ? .lbfgs : .fista
      let optimizer = try settings.lowerOptimizer()
      return try optimizer.adapt(
        problem.implicit(settings), train: problem.task(0, step: 0).train
      ).values
    }
    let square = try lower(.l2, [log(0.05)])
    let both = try lower(.elasticNet, [log(0.05), -40])
    #expect(relativeDistance(both, square) < 1e-6)
    let sparse = try lower(.elasticNet, [log(0.05), log(0.02)])
    let zeros = sparse.count { $0 == 0 }
    #expect(zeros > sparse.count / 4 && zeros < sparse.count, "\(zeros) of \(sparse.count)")
    #expect(try lower(.elasticNet, [log(0.05), 5]).prefix(640).allSatisfy { $0 == 0 })
  }

  /// Dropout is in the lower objective alone, and its rates come behind the strengths.
  @Test func ratesOfDropoutAreLearnt() throws {
    let problem = try problem { settings in
      (settings.dropout, settings.network, settings.hidden) = (0.2, .tanh, 4)
    }
    let plain = try self.problem { ($0.network, $0.hidden) = (.tanh, 4) }
    #expect(problem.upperModel.count == plain.upperModel.count + 2)
    #expect(abs(try problem.upperModel.values(of: "dropout")[0] - log(0.25)) < 1e-12)
    var settings = Regularisation.defaults
    (settings.lowerSteps, settings.precision) = (3, .double)
    settings.lowerRule = .momentum
    func losses(_ problem: Regularisation) throws -> (lower: Double, upper: Double) {
      let (task, implicit) = (try problem.task(0, step: 0), try problem.implicit(settings))
      let adapted = try settings.lowerOptimizer().adapt(
        implicit, train: task.train, recordsLosses: true)
      let report = try implicit.computeGradients(
        validate: task.validate, auxiliaryModel: AuxiliaryModel(values: problem.lowerModel.values),
        train: task.train)
      return (adapted.losses[0], report.upperLoss)
    }
    let (dropping, standing) = (try losses(problem), try losses(plain))
    #expect(dropping.lower != standing.lower && dropping.upper == standing.upper)
    #expect(
      problem.followed().map(\.name).suffix(2) == [
        "dropout before dense1.weight", "dropout before dense2.weight",
      ])
  }

  /// Each example validates in one fold and trains in the others: so the table has the same rows, but for their
  /// standards.
  @Test func everyExampleValidatesOnce() throws {
    var text = ""
    for row in 0..<40 { text += "\(row),\(row % 3)\n" }
    let path = try csv(text)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let problem = try problem { settings in
      (settings.table.data, settings.train, settings.test) = (path, 30, .fraction(0.25))
    }
    // The validating rows as the file numbers them: no standard changes their order and distances.
    let tasks = try (0..<5).map { try problem.task($0, step: 3) }
    let spread = try tasks.map { task in
      let all = (task.train.data.values + task.validate.data.values).sorted()
      let step = try #require(zip(all, all.dropFirst()).map { $1 - $0 }.min())
      return task.validate.data.values.map { Int((($0 - all[0]) / step).rounded()) }
    }
    #expect(tasks.allSatisfy { $0.train.data.shape == [24, 1] })
    #expect(spread.allSatisfy { $0.count == 6 })
    #expect(Set(spread.joined()).count == 30)
  }

  /// Whatever the number of tasks: as often as every other one.
  @Test(arguments: [1, 3, 5, 7, 10, 13]) func everyFoldValidates(_ tasks: Int) throws {
    let problem = try problem { $0.folds = 10 }
    var times: [[Double]: Int] = [:]
    for step in 0..<10 {
      var folds: [[Double]] = []
      for index in 0..<tasks {
        folds.append(try problem.task(index, step: step).validate.data.values)
      }
      // Within a step none comes again before all have come.
      #expect(Set(folds).count == min(tasks, 10))
      for fold in folds { times[fold, default: 0] += 1 }
    }
    #expect(times.count == 10 && times.values.allSatisfy { $0 == tasks })
  }

  @Test func inputsAreStandardisedByTheTrainingExamples() throws {
    let problem = try problem()
    for fold in 0..<5 {
      let train = rows(try problem.task(fold, step: 0).train.data)
      for pixel in 0..<64 {
        let values = train.map { $0[pixel] }
        let mean = values.reduce(0, +) / 40
        let variance = values.reduce(0) { $0 + $1 * $1 } / 40
        #expect(abs(mean) < 1e-12)
        #expect(abs(variance - 1) < 1e-9 || variance == 0)
      }
    }
  }

  private func csv(_ text: String) throws -> String {
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent(UUID().uuidString).path
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    return path
  }

  /// y = 2 a + noise-free, b is noise: the penalty of b's weight ends above that of a's.
  @Test func regressionOnAUsersTable() throws {
    var text = "y,a,b\n"
    for row in 0..<60 {
      let (a, b) = (sin(Double(row)), cos(Double(7 * row)))
      text += "\(2 * a + 0.3 * sin(Double(row * row))),\(a),\(b)\n"
    }
    let path = try csv(text)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let problem = try problem { settings in
      settings.table.data = path
      settings.table.target = "y"
      settings.table.kind = .regression
      settings.train = 40
    }
    #expect(problem.lowerModel.count == 3)
    let task = try problem.task(0, step: 0)
    #expect(task.train.data.shape == [32, 2] && task.train.target.shape == [32, 1])
  }

  @Test func badTablesAndSettingsAreRefused() throws {
    let path = try csv("1,0\n2,1\n3,0.5\n4,1\n5,0\n6,1\n")
    defer { try? FileManager.default.removeItem(atPath: path) }
    func use(_ settings: inout RegularisationSettings) {
      settings.table.data = path
      settings.train = 4
      settings.folds = 2
    }
    let error = #expect(throws: DataFileError.self) { try problem { use(&$0) } }
    #expect(error?.remedy == "set kind=classification or kind=regression")
    #expect(throws: Never.self) {
      try problem {
        use(&$0); $0.table.kind = .regression
      }
    }
    #expect(throws: SettingError.self) {
      try problem {
        use(&$0); $0.table.kind = .regression; $0.train = 1
      }
    }
    #expect(throws: DataFileError.self) {
      try problem {
        use(&$0); $0.table.target = "2"
      }
    }
    #expect(throws: DataFileError.self) { try problem { $0.table.data = "/nowhere" } }
    #expect(throws: SettingError.self) { try problem { $0.train = 4 } }
  }

  @Test func resultsCompareFirstAndLearntStrengths() throws {
    let problem = try problem { $0.grouping = .one }
    problem.upperModel.values = [log(0.1)]
    let settings = Regularisation.defaults
    let adaptation = Adaptation(
      try problem.implicit(settings), try settings.lowerOptimizer(), from: problem.start)
    let tables = try problem.results(adaptation)
    let table = try #require(tables.first)
    #expect(table.title == "5 folds of 50 examples, 539 to test")
    #expect(table.rows.map { $0[0] } == ["first strengths", "learnt strengths"])
    // 0.1, and 1 / (50 * 0.1).
    #expect(tables[1].rows == [["all weights", "0.1", "0.2"]])
    #expect(tables[1].title.contains("1/2 sum s w^2"))
    #expect(table.rows[0].dropFirst() != table.rows[1].dropFirst())
    #expect(problem.upperModel.values == [log(0.1)])
  }
}

/// What makes the defaults work for any table.
@Suite struct RegularisationDefaultsTests {
  /// Rows of `columns` inputs that have much in common, and a target that depends on two of them.
  private func table(_ columns: Int, isClass: Bool) throws -> String {
    var draws = Draws(seed: 3)
    func uniform() -> Double { Double(draws.next(10_000)) / 5_000 - 1 }
    var text = ""
    for _ in 0..<60 {
      let common = uniform()
      let inputs = (0..<columns).map { 1e3 * (common + 0.3 * uniform()) + Double($0) }
      let target = (inputs[0] - inputs[1]) / 300 + 0.5 * uniform()
      text +=
        inputs.map { "\($0)," }.joined() + (isClass ? target > 0 ? "yes\n" : "no\n" : "\(target)\n")
    }
    let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    return path
  }

  /// Inputs that go together have large curvature, many of them larger: adaptation converges nevertheless, with the
  /// defaults.
  @Test(arguments: [(2, true), (40, true), (40, false), (300, true)])
  func adaptationConvergesWhateverTheTable(_ columns: Int, _ isClass: Bool) throws {
    let path = try table(columns, isClass: isClass)
    defer { try? FileManager.default.removeItem(atPath: path) }
    var settings = RegularisationSettings()
    settings.table.data = path
    let problem = try Regularisation(settings, seed: 1)
    let training = Regularisation.defaults
    let task = try problem.task(0, step: 0)
    let adapted = try training.lowerOptimizer().adapt(
      try problem.implicit(training), train: task.train, recordsLosses: true)
    let (first, last) = (adapted.losses[0], adapted.losses[adapted.losses.count - 1])
    #expect(last.isFinite && last < 0.9 * first)
    // The last tenth of the steps changes next to nothing.
    let before = adapted.losses[adapted.losses.count * 9 / 10]
    #expect(abs(before - last) <= 1e-3 * first, "\(first) \(before) \(last)")
  }

  /// A model that was left by a run predicts the rows that it is given, in the targets' own words and units.
  @Test(arguments: [true, false]) func predictions(_ isClass: Bool) throws {
    let path = try table(3, isClass: isClass)
    defer { try? FileManager.default.removeItem(atPath: path) }
    var settings = RegularisationSettings()
    settings.table.data = path
    let problem = try Regularisation(settings, seed: 1)
    let training = Regularisation.defaults
    let lower = try #require(
      try problem.trainedLower(
        Adaptation(
          try problem.implicit(training), try training.lowerOptimizer(), from: problem.start)))
    #expect(lower.extras.map(\.name).prefix(2) == ["inputs/mean", "inputs/scale"])
    #expect(lower.extras.allSatisfy { $0.values.allSatisfy(\.isFinite) })
    let predictions = try #require(try problem.predictions(lower.values, forFile: path))
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    let targets = lines.map { $0.split(separator: ",")[3] }
    #expect(predictions.rows.count == 60)
    if isClass {
      #expect(predictions.columns == ["row", "prediction", "P(no)", "P(yes)"])
      #expect(zip(predictions.rows, targets).count { $0[1] == $1 } > 48)
    } else {
      let errors = zip(predictions.rows, targets).map {
        (Double($0[1]) ?? .nan) - (Double($1) ?? .nan)
      }
      #expect(errors.allSatisfy { abs($0) < 1 })
    }
    // By hand, from what is stored for other libraries.
    let row = lines[0].split(separator: ",").prefix(3).compactMap { Double($0) }
    let inputs = zip(row, zip(lower.extras[0].values, lower.extras[1].values)).map {
      ($0 - $1.0) * $1.1
    }
    let outputs = isClass ? 2 : 1
    let logits = (0..<outputs).map { output in
      lower.values[3 * outputs + output]
        + inputs.indices.reduce(0) { $0 + inputs[$1] * lower.values[$1 * outputs + output] }
    }
    if isClass {
      let chance = 1 / (1 + exp(logits[0] - logits[1]))
      #expect(abs(chance - (Double(predictions.rows[0][3]) ?? .nan)) < 1e-4)
    } else {
      let value = logits[0] / lower.extras[3].values[0] + lower.extras[2].values[0]
      #expect(abs(value - (Double(predictions.rows[0][1]) ?? .nan)) < 1e-4)
    }
  }

  /// Other files may lack the targets, or have the columns in another order where these have names.
  @Test func otherFilesAreMatched() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
      .path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    func write(_ name: String, _ text: String) throws -> String {
      try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
      return "\(folder)/\(name)"
    }
    var settings = RegularisationSettings()
    settings.table.data = try write(
      "train.csv",
      "size,hue,y\n" + (0..<30).map { "\($0),\(["red", "blue"][$0 % 2]),\($0 / 15)\n" }.joined())
    settings.table.categorical = "hue"
    let problem = try Regularisation(settings, seed: 1)
    let lower = problem.lowerModel.values
    func rows(_ text: String) throws -> [[String]] {
      try problem.predictions(lower, forFile: try write("other.csv", text))?.rows ?? []
    }
    let wanted = try rows("size,hue,y\n3,red,0\n20,blue,1\n")
    #expect(try rows("hue,size\nred,3\nblue,20\n") == wanted)
    #expect(try rows("size,hue,note\n3,red,good\n20,blue,bad\n") == wanted)
    #expect(try rows("size,hue\n3,green\n,\n").count == 2)
    #expect(throws: DataFileError.self) { try rows("size,colour\n3,red\n") }
    #expect(throws: DataFileError.self) { try rows("size,hue\nlarge,red\n") }
  }
}
