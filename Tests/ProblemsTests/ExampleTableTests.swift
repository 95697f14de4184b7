import BilevelOptimization
import DataFiles
import Foundation
import Problems
import TestSupport
import Testing

/// How a user's table becomes examples: seen through the problem's tasks and results.
@Suite struct ExampleTableTests {
  private func problem(
    _ text: String, _ change: (inout RegularisationSettings) -> Void = { _ in }
  ) throws -> Regularisation {
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent(UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    var settings = RegularisationSettings()
    settings.table.data = path
    (settings.train, settings.folds) = (0, 2)
    change(&settings)
    return try Regularisation(settings, seed: 1)
  }

  private func error(
    _ text: String, _ change: (inout RegularisationSettings) -> Void = { _ in }
  ) -> DataFileError? {
    do {
      _ = try problem(text, change)
      return nil
    } catch {
      return error as? DataFileError
    }
  }

  /// Rows of a number and a target.
  private func rows(_ targets: [String]) -> String {
    "x,y\n" + targets.enumerated().map { "\($0.0),\($0.1)\n" }.joined()
  }

  private func cycle(_ words: [String], _ count: Int = 20) -> String {
    rows((0..<count).map { words[$0 % words.count] })
  }

  /// However classes are called, there are as many as have examples.
  @Test(arguments: [
    ["setosa", "virginica", "versicolor"], ["True", "False"], ["1", "2", "3"], ["-1", "1"],
    ["7", "3"],
    ["1.0", "2.0"], ["yes", "no", "2"],
  ])
  func classesAreThoseThatHaveExamples(_ words: [String]) throws {
    let problem = try problem(cycle(words))
    #expect(problem.lowerModel.count == 2 * words.count)
    let targets = try problem.task(0, step: 0).train.target
    #expect(targets.shape.sizes == [7])
    #expect(targets.values.allSatisfy { (0..<Double(words.count)).contains($0) })
  }

  /// 1 and 1.0 are the same.
  @Test func numbersOfClassesAreComparedAsNumbers() throws {
    #expect(try problem(cycle(["1", "2", "1.0"])).lowerModel.count == 4)
  }

  @Test func quantitiesAreFoundWhereClear() throws {
    let measured = rows((0..<40).map { "\(Double($0) * 1.37 + 0.01)" })
    let problem = try problem(measured)
    #expect(try problem.task(0, step: 0).train.target.shape.sizes == [14, 1])
    let counted = rows((0..<40).map { "\($0 * $0)" })
    let error = error(counted)
    #expect(error?.remedy == "set kind=classification or kind=regression")
    #expect(error?.problem.contains("40 different numbers") == true)
    #expect(throws: Never.self) { try self.problem(counted) { $0.table.kind = .regression } }
    // Few numbers, one of them not whole: a misprint, or a scale.
    #expect(self.error(cycle(["0", "1", "0.5"]))?.remedy.contains("kind=") == true)
  }

  @Test func oneClassOrOneAnExampleIsRefused() {
    #expect(error(cycle(["a"]))?.problem.contains("one class") == true)
    #expect(error(rows((0..<20).map { "word \($0)" }))?.problem.contains("20 classes") == true)
  }

  @Test func wordsBecomeColumns() throws {
    let text =
      "size,colour,y\n"
      + (0..<20).map { row in
        "\(row),\(["red", "green", "blue"][row % 3]),\(row % 2)\n"
      }.joined()
    let refusal = error(text)
    #expect(refusal?.place == .cell(line: 2, column: 2))
    #expect(refusal?.remedy.contains("categorical=colour") == true)
    #expect(try problem(text) { $0.table.ignore = "colour" }.lowerModel.count == 4)
    let encoded = try problem(text) { $0.table.categorical = "colour" }
    #expect(encoded.lowerModel.count == 2 * 4 + 2)
    // Standardised, each column of a word has two values, and a row is above the mean in one of them.
    let data = try encoded.task(0, step: 0).train.data
    for row in 0..<data.shape[0] {
      let own = data.values[row * 4 + 1..<row * 4 + 4]
      #expect(own.count { $0 > 0 } == 1)
    }
    #expect(
      error("id,y\n" + (0..<20).map { "n\($0),\($0 % 2)\n" }.joined()) {
        $0.table.categorical = "id"
      }?.remedy == "leave it out: ignore=id")
  }

  /// A missing cell is the mean of the rows that train, whichever fold validates.
  @Test func missingCellsFollowTheRule() throws {
    let text = "x,y\n" + (0..<20).map { "\($0 % 4 == 0 ? "NA" : "\($0)"),\($0 % 2)\n" }.joined()
    let mean = try problem(text)
    let values = try (0..<2).flatMap { try mean.task($0, step: 0).validate.data.values }
    #expect(values.count == 14 && values.contains(0) && values.allSatisfy(\.isFinite))
    let drop = try problem(text) { $0.table.missing = .drop }
    #expect(try drop.task(0, step: 0).train.data.shape[0] < 7)
    let stop = error(text) { $0.table.missing = .stop }
    #expect(stop?.place == .cell(line: 2, column: 1) && stop?.remedy.contains("missing=") == true)
    let untargeted = try problem(
      "x,y\n" + (0..<20).map { "\($0),\($0 < 4 ? "" : "\($0 % 2)")\n" }.joined())
    #expect(try untargeted.task(0, step: 0).train.data.shape[0] <= 6)
    #expect(error("x,y\n1,\n2,\n")?.problem.contains("no row is left") == true)
  }

  @Test(arguments: [
    ("1,5;0\n2,5;1\n", "decimal=comma"), ("1|0\n2|1\n", "separator"),
    ("a,b\n0x10,0\n1,1\n", "correct it"),
  ])
  func whatIsNoNumberNamesWhatHelps(_ text: String, _ remedy: String) {
    #expect(error(text)?.remedy.contains(remedy) == true, "\(String(describing: error(text)))")
  }

  @Test func whatWasReadIsSaid() throws {
    let problem = try problem(
      ",x,y\n"
        + (0..<20).map { "\($0),\($0 == 3 ? "" : "\($0)"),\(["no", "yes"][$0 % 2])\n" }.joined())
    let training = Regularisation.defaults
    let table = try #require(
      problem.results(
        Adaptation(
          try problem.implicit(training), try training.lowerOptimizer(), from: problem.start)
      ).first)
    #expect(
      table.rows == [
        ["examples", "20"], ["inputs", "1"], ["targets", "y, 2 classes: no, yes"],
        ["left out", "column 0, the rows' names"],
        ["missing cells", "in 1 rows, each the mean of its column"],
      ])
  }
}

/// Tables as people have them, where these lie beside the package.
@Suite(.enabled(if: PublicData.isAvailable, "the data are not beside the package"))
struct PublicTableTests {
  private func problem(
    _ name: String, _ change: (inout RegularisationSettings) -> Void
  ) throws -> Regularisation {
    var settings = RegularisationSettings()
    settings.table.data = PublicData.path("tabular/\(name).csv.gz")
    settings.train = 100
    change(&settings)
    return try Regularisation(settings, seed: 1)
  }

  @Test func passengers() throws {
    let problem = try problem("titanic") {
      $0.table.target = "Survived"
      ($0.table.categorical, $0.table.ignore) = ("Sex, Embarked", "PassengerId,Name,Ticket,Cabin")
    }
    // Pclass, two sexes, Age, SibSp, Parch, Fare, three harbours.
    #expect(problem.lowerModel.count == 10 * 2 + 2)
  }

  @Test func wines() throws {
    for name in ["winequality-red", "winequality-white"] {
      let problem = try problem(name) { $0.table.kind = .regression }
      #expect(problem.lowerModel.count == 12)
    }
    #expect(try problem("winequality-red") { _ in }.lowerModel.count == 12 * 6)
  }

  @Test func incomes() throws {
    let problem = try problem("adult-train") {
      $0.table.categorical =
        "workclass,education,marital-status,occupation,relationship,race,sex,native-country"
    }
    #expect(problem.lowerModel.count == (6 + 8 + 16 + 7 + 14 + 6 + 5 + 2 + 41 + 1) * 2)
  }

  @Test func houses() throws {
    let problem = try problem("california-housing") {
      ($0.table.target, $0.table.categorical) = ("median_house_value", "ocean_proximity")
      $0.table.kind = .regression
    }
    #expect(problem.lowerModel.count == 8 + 5 + 1)
  }
}
