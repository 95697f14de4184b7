import BilevelOptimization
import DataFiles
import Foundation
import Problems
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
    (RegularisationSettings.Grouping.parameter, 650), (.layer, 2), (.one, 1),
  ]) func strengthsAreSharedAsAsked(_ grouping: RegularisationSettings.Grouping, _ count: Int)
    throws
  {
    let problem = try problem { $0.grouping = grouping }
    #expect(problem.upperModel.values == [Double](repeating: log(0.001), count: count))
    let group = try #require(problem.task(0, step: 0).train.extras.first).values.values
    #expect(group.count == 650 && Set(group).count == count)
    if grouping == .layer { #expect(group == (0..<650).map { $0 < 640 ? 0 : 1 }) }
  }

  /// Each example validates in one fold and trains in the others: so the table has the same rows, but for their
  /// standards.
  @Test func everyExampleValidatesOnce() throws {
    var text = ""
    for row in 0..<40 { text += "\(row),\(row % 3)\n" }
    let path = try csv(text)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let problem = try problem { settings in
      (settings.data, settings.train, settings.testPart) = (path, 30, 0.25)
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
      settings.data = path
      settings.target = "y"
      settings.kind = .regression
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
      settings.data = path
      settings.train = 4
      settings.folds = 2
    }
    let error = #expect(throws: DataFileError.self) { try problem { use(&$0) } }
    #expect(error?.place == .row(2))
    #expect(throws: Never.self) {
      try problem {
        use(&$0); $0.kind = .regression
      }
    }
    #expect(throws: SettingError.self) {
      try problem {
        use(&$0); $0.kind = .regression; $0.train = 5
      }
    }
    #expect(throws: DataFileError.self) {
      try problem {
        use(&$0); $0.target = "2"
      }
    }
    #expect(throws: DataFileError.self) { try problem { $0.data = "/nowhere" } }
    #expect(throws: SettingError.self) { try problem { $0.train = 4 } }
  }

  @Test func resultsCompareFirstAndLearntStrengths() throws {
    let problem = try problem { $0.grouping = .one }
    problem.upperModel.values = [log(0.1)]
    let settings = Regularisation.defaults
    let adaptation = Adaptation(
      try problem.implicit(settings), try settings.lowerOptimizer(), from: problem.start)
    let table = try #require(try problem.results(adaptation).first)
    #expect(table.title == "5 folds of 10 examples, 539 to test")
    #expect(table.rows.map { $0[0] } == ["first strengths", "learnt strengths"])
    #expect(table.rows[0].dropFirst() != table.rows[1].dropFirst())
    #expect(problem.upperModel.values == [log(0.1)])
  }
}
