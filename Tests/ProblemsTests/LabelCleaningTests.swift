import BilevelOptimization
import DataFiles
import Foundation
import Problems
import TestSupport
import Testing

@Suite struct LabelCleaningTests {
  private func problem(
    train: Int = 60, corruption: Double = 0.4, seed: UInt64 = 1
  ) throws -> LabelCleaning {
    var settings = LabelCleaningSettings()
    settings.train = train
    settings.corruption.part = corruption
    settings.hidden = 4
    settings.finalSteps = 30
    return try LabelCleaning(settings, seed: seed)
  }

  private func numbers(_ task: TaskExamples) throws -> [Int] {
    let extra = try #require(task.train.extras.first { $0.name == "example" })
    return extra.values.values.map { Int($0) }
  }

  @Test func theUpperParametersAreALogitAnExample() throws {
    let problem = try problem(train: 21)
    #expect(problem.upperModel.parameters.map(\.name) == ["logits"])
    #expect(problem.upperModel.values == [Double](repeating: 0, count: 21))
    #expect(problem.lowerModel.count == 64 * 4 + 4 + 4 * 10 + 10)
  }

  @Test(arguments: [20, 61, 1000]) func aTaskIsHalfAndTwoThirds(_ train: Int) throws {
    let problem = try problem(train: train)
    let task = try problem.task(3, step: 2)
    let numbers = try numbers(task)
    #expect(numbers.count == train / 2 && Set(numbers).count == numbers.count)
    #expect(numbers.allSatisfy { (0..<train).contains($0) })
    #expect(task.train.data.shape.sizes == [train / 2, 64])
    #expect(task.validate.data.shape.sizes == [198, 64])
    #expect(task.validate.target.shape.sizes == [198])
  }

  @Test func trainingExamplesHaveTheGivenLabels() throws {
    let problem = try problem(corruption: 1)
    let task = try problem.task(0, step: 0)
    let numbers = try numbers(task)
    #expect(task.train.target.values == numbers.map { Double(problem.corrupted.givenLabels[$0]) })
    let images = numbers.flatMap { Digits.all.image(problem.corrupted.train[$0]).map(Double.init) }
    #expect(task.train.data.values == images)
  }

  @Test func validationExamplesAreCleanAndDistinct() throws {
    let problem = try problem(corruption: 1)
    let task = try problem.task(0, step: 0)
    let pixels = task.validate.data.values
    let rows = (0..<198).map { Array(pixels[$0 * 64..<($0 + 1) * 64]) }
    #expect(Set(rows).count == 198)
    let known = problem.corrupted.validate.map { digit in
      Digits.all.image(digit).map(Double.init) + [Double(Digits.all.labels[digit])]
    }
    let drawn = zip(rows, task.validate.target.values).map { $0 + [$1] }
    #expect(Set(drawn).isSubset(of: known))
  }

  @Test func aTaskIsAFunctionOfIndexStepAndSeed() throws {
    let one = try problem(seed: 7)
    let again = try problem(seed: 7)
    // Asked in another order, by another instance.
    let places = [(0, 0), (1, 0), (0, 1), (5, 3)]
    let tasks = try places.map { try one.task($0.0, step: $0.1) }
    let reversed = try places.reversed().map { try again.task($0.0, step: $0.1) }
    #expect(tasks == reversed.reversed())
    let draws = try tasks.map(numbers) + [numbers(problem(seed: 8).task(0, step: 0))]
    #expect(Set(draws).count == 5)
  }

  @Test func tasksChangeNoLabels() throws {
    let problem = try problem()
    let labels = problem.corrupted.givenLabels
    for index in 0..<4 { _ = try problem.task(index, step: 0) }
    #expect(problem.corrupted.givenLabels == labels)
    #expect(try self.problem().corrupted.givenLabels == labels)
  }

  @Test func resultsCompareThreeTrainings() throws {
    let problem = try problem()
    // As if all wrong labels had been found, and one right one.
    let wrong = zip(problem.corrupted.givenLabels, problem.corrupted.rightLabels).map { $0 != $1 }
    let right = try #require(wrong.firstIndex(of: false))
    problem.upperModel.values = wrong.map { $0 ? -30 : 30 }
    problem.upperModel.values[right] = -30
    let learnt = problem.upperModel.values
    let tables = try problem.results(adaptation(of: problem))
    #expect(tables.map(\.columns) == [["", "accuracy"], ["", "precision", "recall", "F1"]])
    #expect(tables[0].title == "Test accuracy (500 images) after training on")
    #expect(tables[0].rows.map { $0[0] } == ["noisy labels", "learnt weights", "all labels right"])
    #expect(
      tables[1].title == "Labels of weight below 1/2: 25 of 60; 24 labels are wrong")
    #expect(
      tables[1].rows == [
        ["wrong labels found", "0.9600", "1.0000", "0.9796"],
        ["untouched labels kept", "1.0000", "0.9722", "0.9859"],
      ])
    #expect(problem.upperModel.values == learnt, "results leave the parameters as they were")
    for accuracy in tables[0].rows.compactMap({ Double($0[1]) }) {
      #expect((0...1).contains(accuracy))
    }
  }

  /// Where none is replaced, nobody knows which are wrong.
  @Test func labelsThatAreTakenAsTheyAreAreNotCalledRight() throws {
    let problem = try problem(corruption: 0)
    problem.upperModel.values[7] = -2
    problem.upperModel.values[3] = -1
    let tables = try problem.results(adaptation(of: problem))
    #expect(tables[0].rows.map { $0[0] } == ["labels as given", "learnt weights"])
    #expect(tables[1].file == "suspects.csv")
    #expect(tables[1].columns == ["index", "label", "model", "weight"])
    let train = problem.corrupted.train
    #expect(tables[1].rows.map { $0[0] } == ["\(train[7])", "\(train[3])"])
    #expect(tables[1].rows.map { $0[3] } == ["0.1192", "0.2689"])
    guard case .images(let figure) = try problem.illustrations(adaptation(of: problem)).first else {
      Issue.record("no images")
      return
    }
    #expect(figure.groups.map(\.title) == ["Suspects: 2"])
    #expect(figure.groups[0].cells.allSatisfy { $0.mark == .none && $0.caption.contains("model") })
  }

  /// A user's labels, and clean ones in a folder of their own: all of the first train, as they are; all others validate.
  @Test func cleanImagesOfTheirOwnValidate() throws {
    let labels = (0..<60).map { $0 == 4 ? 2 : $0 / 20 }
    let given = try ImageFolder(classes: 3, drawings: 20, labels: labels)
    let clean = try ImageFolder(classes: 3, drawings: 10)
    var settings = LabelCleaningSettings()
    (settings.data, settings.validation) = (given.path, .place(clean.path))
    (settings.images, settings.labels) = ("images", "labels")
    (settings.network, settings.finalSteps) = (.linear, 300)
    let problem = try LabelCleaning(settings, seed: 1)
    #expect(problem.upperModel.count == 60 && problem.corrupted.validate.count == 30)
    #expect(problem.corrupted.givenLabels == labels && problem.corrupted.train == Array(0..<60))
    #expect(
      problem.data.map(\.name) == ["images", "labels", "validation-images", "validation-labels"])
    problem.upperModel.values[4] = -30
    let tables = try problem.results(adaptation(of: problem))
    #expect(tables[0].title == "Validation accuracy (30 images) after training on")
    #expect(tables[1].rows == [["4", "2", "0", "0.0000"]])
    let lower = try #require(try problem.trainedLower(adaptation(of: problem)))
    let predictions = try #require(
      try problem.predictions(lower.values, forFile: "\(clean.path)/images"))
    #expect(predictions.columns == ["row", "prediction", "P(0)", "P(1)", "P(2)"])
    #expect(predictions.rows.map { $0[1] } == (0..<30).map { "\($0 / 10)" })
    let small = try ImageFolder(classes: 3, drawings: 10, side: 8)
    #expect(throws: DataFileError.self) {
      try problem.predictions(lower.values, forFile: "\(small.path)/images")
    }
    settings.validation = .place(small.path)
    #expect(throws: DataFileError.self) { try LabelCleaning(settings, seed: 1) }
  }

  /// Rows of two classes that lie apart, 100 and 1 in size; the label of one is wrong, and a row has none.
  private var rows: [String] {
    (0..<40).map { row in
      let side = row % 2 == 0 ? 1.0 : -1
      let label = row == 6 ? "right" : row % 2 == 0 ? "left" : "right"
      return "\(100 * side + Double(row)),\(side),\(row == 1 ? "" : label)"
    }
  }

  /// Rows of a table as images: all train with the labels that they have, those of another table validate.
  @Test func rowsOfATableAreCleanedToo() throws {
    let clean = ["y,x,side"] + (0..<10).map { $0 % 2 == 0 ? "1,103,left" : "-1,-98,right" }
    let unlabelled = ["x,y", "100,1", "-100,-1"]
    let texts = [["x,y,side"] + rows, clean, unlabelled].map { $0.joined(separator: "\n") + "\n" }
    try withFiles(texts) { paths in
      var settings = LabelCleaningSettings()
      (settings.data, settings.validation) = (paths[0], .place(paths[1]))
      (settings.network, settings.finalSteps) = (.linear, 300)
      let problem = try LabelCleaning(settings, seed: 1)
      #expect(problem.upperModel.count == 39 && problem.corrupted.validate.count == 10)
      #expect(problem.data.map(\.name) == ["table", "validation-table"])
      let inputs = try problem.task(0, step: 0).train.data
      #expect(inputs.shape == [19, 2] && inputs.values.allSatisfy { $0.magnitude < 2 })
      // Row 6 of the file, before which one is left out.
      problem.upperModel.values[5] = -30
      let tables = try problem.results(adaptation(of: problem))
      #expect(tables[0].title == "Validation accuracy (10 rows) after training on")
      #expect(tables[1].rows == [["6", "right", "left", "0.0000"]])
      #expect(try problem.illustrations(adaptation(of: problem)).isEmpty)
      let lower = try #require(try problem.trainedLower(adaptation(of: problem)))
      #expect(lower.extras.map(\.name) == ["inputs/mean", "inputs/scale"])
      let predictions = try #require(try problem.predictions(lower.values, forFile: paths[2]))
      #expect(predictions.columns == ["row", "prediction", "P(left)", "P(right)"])
      #expect(predictions.rows.map { $0[1] } == ["left", "right"])
    }
  }

  /// What validates has the columns and classes of what trains.
  @Test(arguments: [
    ("x,y,side\n1,1,left\n2,2,up\n", "the class \"up\" is none of those that train"),
    ("x,z,side\n1,1,left\n2,2,right\n", "y"), ("", "holds no rows"),
  ])
  func anotherTableIsRefused(_ text: String, _ message: String) throws {
    try withFiles([(["x,y,side"] + rows).joined(separator: "\n"), text]) { paths in
      var settings = LabelCleaningSettings()
      (settings.data, settings.validation) = (paths[0], .place(paths[1]))
      let error = #expect(throws: DataFileError.self) { try LabelCleaning(settings, seed: 1) }
      #expect(error?.description.contains(message) == true, "\(String(describing: error))")
      settings.validation = .place(paths[1] + "-none")
      let missing = #expect(throws: DataFileError.self) { try LabelCleaning(settings, seed: 1) }
      #expect(missing?.file == paths[1] + "-none")
    }
  }

  /// Neither a folder nor a table.
  @Test func aPlaceThatIsNotThereIsNamed() {
    var settings = LabelCleaningSettings()
    settings.data = "/nowhere.csv"
    let error = #expect(throws: DataFileError.self) { try LabelCleaning(settings, seed: 1) }
    #expect(error?.file == "/nowhere.csv")
  }

  @Test func validationIsANumberOrAPlace() throws {
    var settings = LabelCleaningSettings()
    #expect(try settings.set("validation", to: "30") && settings.validation == .count(30))
    #expect(try settings.set("validation", to: "clean") && settings.validation == .place("clean"))
    #expect(try settings.set("test", to: "0.25") && settings.test == .fraction(0.25))
    for text in ["0", "-3", "", "1.5", "0.0", "folds"] {
      #expect(throws: SettingError.self) { try settings.set("validation", to: text) }
    }
  }

  private func adaptation(
    of problem: LabelCleaning
  ) throws -> Adaptation<LabelCleaning.Upper, LabelCleaning.Lower> {
    let settings = LabelCleaning.defaults
    return Adaptation(
      try problem.implicit(settings), try settings.lowerOptimizer(), from: problem.start)
  }

  @Test func imagesFromFilesAreTasksToo() throws {
    let folder = try ImageFolder(classes: 3, drawings: 40)
    var settings = LabelCleaningSettings()
    settings.data = folder.path
    settings.images = "images"
    settings.labels = "labels"
    (settings.train, settings.validation, settings.test) = (60, .count(30), 30)
    (settings.trainPart, settings.validationPart) = (1, 0.5)
    settings.network = .linear
    let problem = try LabelCleaning(settings, seed: 1)
    #expect(problem.lowerModel.count == 16 * 16 * 3 + 3 && problem.upperModel.count == 60)
    let task = try problem.task(0, step: 0)
    #expect(task.train.data.shape == [60, 256] && task.validate.data.shape == [15, 256])
    #expect(task.train.data.values.max()! <= 1 && task.train.data.values.max()! > 0.3)
    settings.test = 31
    #expect(throws: SettingError.self) { try LabelCleaning(settings, seed: 1) }
    settings.labels = "images"
    #expect(throws: (any Error).self) { try LabelCleaning(settings, seed: 1) }
  }

  @Test(arguments: [ClassifierNetwork.linear, .tanh, .relu])
  func lowerModelsHaveTheirLayers(_ network: ClassifierNetwork) throws {
    var settings = LabelCleaningSettings()
    settings.network = network
    settings.hidden = 7
    let count = try LabelCleaning(settings, seed: 1).lowerModel.count
    #expect(count == (network == .linear ? 650 : 64 * 7 + 7 + 7 * 10 + 10))
  }

  @Test func settingsThatCodeSetsAreChecked() {
    #expect(throws: SettingError.self) { try problem(train: 2000) }
    #expect(throws: SettingError.self) { try problem(corruption: 1.5) }
  }
}
