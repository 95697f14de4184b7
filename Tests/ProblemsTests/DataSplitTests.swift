import BilevelOptimization
import DataFiles
import Foundation
import Problems
import TestSupport
import Testing

/// Which examples train, validate and test: the same words for every problem, seen through the problems.
@Suite struct DataSplitTests {
  /// Rows of one number, from `first` on, and a class: one in five is of the rare one, and those stand last.
  private func rows(_ count: Int, from first: Int = 0) -> String {
    (0..<count).map { "\(first + $0),\($0 < count * 4 / 5 ? "often" : "rare")\n" }.joined()
  }

  private func regularisation(
    _ path: String, _ change: (inout RegularisationSettings) -> Void
  ) throws -> Regularisation {
    var settings = RegularisationSettings()
    settings.table.data = path
    change(&settings)
    return try Regularisation(settings, seed: 3)
  }

  private func sizes(_ problem: Regularisation, task: Int = 0) throws -> [Int] {
    let task = try problem.task(task, step: 0)
    return [task.train.data.shape[0], task.validate.data.shape[0]]
  }

  @Test func partsAreWrittenAsTheyAreRead() {
    for (text, part) in [
      ("30", DataPart.count(30)), ("0.25", .fraction(0.25)), ("folds", .folds),
      ("more.csv", .place("more.csv")),
    ] {
      #expect(DataPart(rawValue: text) == part && part.rawValue == text)
    }
    for text in ["", "-1", "1.0e9", "1.5", "0.0", "-0.5"] {
      let part = DataPart(rawValue: text)
      #expect(part == nil || part == .count(0), "\(text)")
    }
  }

  @Test func numbersAndPartsAreOfTheDatasOwn() throws {
    try withFiles([rows(50)]) { paths in
      let folds = try regularisation(paths[0]) { ($0.test, $0.folds) = (10, 4) }
      #expect(try sizes(folds) == [30, 10])
      let held = try regularisation(paths[0]) { settings in
        (settings.validation, settings.test) = (.fraction(0.2), .fraction(0.1))
      }
      #expect(try sizes(held) == [35, 10])
      // The same rows validate in every task: it is one.
      #expect(try held.task(0, step: 0).validate == held.task(3, step: 2).validate)
      #expect(Set((0..<4).map { held.identity(ofTask: $0, step: 1) }).count == 1)
      let few = try regularisation(paths[0]) { settings in
        (settings.validation, settings.test, settings.train) = (5, 5, 7)
      }
      #expect(try sizes(few) == [7, 5])
      for change in [
        { $0.test = 51 }, { $0.train = 60 }, { ($0.validation, $0.test) = (25, 25) },
        { $0.folds = 40 }, { $0.validation = 0 }, { $0.test = .folds },
      ] as [(inout RegularisationSettings) -> Void] {
        #expect(throws: SettingError.self) { try regularisation(paths[0], change) }
      }
    }
  }

  @Test func otherFilesValidateAndTest() throws {
    try withFiles([rows(20), rows(10, from: 100), rows(5, from: 200)]) { paths in
      let problem = try regularisation(paths[0]) { settings in
        (settings.validation, settings.test) = (.place(paths[1]), .place(paths[2]))
      }
      #expect(try sizes(problem) == [20, 10])
      #expect(problem.data.map(\.name) == ["table", "validation-table", "test-table"])
      // By the rows that train: those of the other file lie far above.
      #expect(try problem.task(0, step: 0).validate.data.values.allSatisfy { $0 > 10 })
      let folds = try regularisation(paths[0]) { $0.test = .place(paths[2]) }
      #expect(try sizes(folds) == [16, 4])
      // Folds are drawn even where all of the data train: the rare class stands last in the file.
      let rare = try (0..<5).map { try folds.task($0, step: 0).validate.target.values.reduce(0, +) }
      #expect(rare.max()! < 4, "\(rare)")
      #expect(throws: DataFileError.self) {
        try regularisation(paths[0]) { $0.test = .place(paths[2] + "-none") }
      }
      try "1,never\n2,often\n".write(toFile: paths[2], atomically: true, encoding: .utf8)
      let error = #expect(throws: DataFileError.self) {
        try regularisation(paths[0]) { $0.test = .place(paths[2]) }
      }
      #expect(error?.description.contains("none of those that train") == true)
    }
  }

  /// Quantities stay such in a file that has few of them.
  @Test func anotherFilesTargetsAreOfTheSameKind() throws {
    let many = (0..<40).map { "\($0),\(Double($0) * 1.37)\n" }.joined()
    try withFiles([many, "1,2\n2,3\n3,2\n"]) { paths in
      let problem = try regularisation(paths[0]) { $0.test = .place(paths[1]) }
      #expect(try problem.task(0, step: 0).train.target.shape.sizes == [32, 1])
    }
  }

  /// Every part has its share of the rare class.
  @Test func stratifiedPartsHaveTheirShare() throws {
    try withFiles([rows(100), (0..<40).map { "\($0),\(Double($0) * 1.37)\n" }.joined()]) { paths in
      let problem = try regularisation(paths[0]) { settings in
        (settings.stratified, settings.test, settings.folds) = (true, .fraction(0.25), 5)
      }
      for fold in 0..<5 {
        let task = try problem.task(fold, step: 0)
        #expect(task.validate.target.values.reduce(0, +) == 3)
        #expect(task.train.target.values.reduce(0, +) == 12)
      }
      let error = #expect(throws: SettingError.self) {
        try regularisation(paths[1]) { $0.stratified = true }
      }
      #expect(error?.message.contains("quantities") == true)
    }
  }

  @Test func labelCleaningKnowsTheSameWords() throws {
    try withFiles([rows(60), rows(10, from: 100), rows(5, from: 200)]) { paths in
      func problem(_ change: (inout LabelCleaningSettings) -> Void) throws -> LabelCleaning {
        var settings = LabelCleaningSettings()
        (settings.data, settings.train) = (paths[0], 0)
        change(&settings)
        return try LabelCleaning(settings, seed: 3)
      }
      let parts = try problem { settings in
        (settings.validation, settings.test) = (.fraction(0.25), .fraction(0.1))
        settings.stratified = true
      }.corrupted
      #expect(parts.validate.count == 15 && parts.test.count == 6 && parts.train.count == 39)
      #expect(parts.validate.count { $0 >= 48 } == 3)
      let files = try problem { settings in
        (settings.validation, settings.test) = (.place(paths[1]), .place(paths[2]))
      }
      #expect(files.corrupted.train == Array(0..<60))
      #expect(files.corrupted.test == Array(70..<75))
      #expect(files.data.map(\.name) == ["table", "validation-table", "test-table"])
      // Some of the data's own validate, others test.
      let mixed = try problem { ($0.validation, $0.test) = (10, .place(paths[2])) }
      #expect(mixed.corrupted.train.count == 50 && mixed.corrupted.test == Array(60..<65))
      #expect(throws: SettingError.self) { try problem { $0.validation = .folds } }
    }
  }

  @Test func heldOutClassesMayHaveFilesOfTheirOwn() throws {
    let train = try ImageFolder(classes: 4, drawings: 3)
    let test = try ImageFolder(classes: 2, drawings: 3, isNoise: true)
    var settings = FewShotSettings()
    (settings.tasks.data, settings.tasks.test) = (
      train.path, "\(test.path)/images,\(test.path)/labels"
    )
    (settings.tasks.images, settings.tasks.labels, settings.tasks.ways) = ("images", "labels", 2)
    settings.tasks.query = 1
    let problem = try FewShot(settings, seed: 1)
    #expect(problem.data.map(\.name) == ["images", "labels", "test-images", "test-labels"])
    // Noise is nowhere dark; what trains has one bright pixel each.
    let heldOut = try #require(problem.heldOut).task(0)
    #expect(heldOut.train.data.values.count { $0 > 0 } > 400)
    #expect(try problem.task(0, step: 0).train.data.values.count { $0 > 0 } == 2)
  }
}
