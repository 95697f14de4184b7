import BilevelOptimization
import DataFiles
import Problems
import TestSupport
import Testing

@Suite struct FewShotTests {
  private func settings(_ folder: ImageFolder) -> FewShotSettings {
    var settings = FewShotSettings()
    settings.tasks.data = folder.path
    settings.tasks.images = "images"
    settings.tasks.labels = "labels"
    settings.tasks.trainClasses = 5
    settings.tasks.ways = 3
    settings.tasks.shots = 2
    settings.tasks.query = 1
    settings.network.filters = 2
    settings.tasks.rotations = false
    return settings
  }

  private let folder: ImageFolder

  init() throws { folder = try ImageFolder(classes: 9, drawings: 4) }

  /// Which class and drawing an image is, by its one pixel of ink.
  private func identities(_ examples: Examples) -> [(place: Int, drawing: Int)] {
    let side = examples.data.shape[1]
    return (0..<examples.data.shape[0]).map { image in
      let own = examples.data.values[image * side * side..<(image + 1) * side * side]
      let place = own.firstIndex { $0 > 0 } ?? own.startIndex
      return (place - own.startIndex, Int((own[place] * 255).rounded()) - 100)
    }
  }

  @Test func aTaskHasSupportAndQueryImagesOfItsClasses() throws {
    let task = try FewShot(settings(folder), seed: 1).task(3, step: 7)
    #expect(task.train.data.shape == [6, 16, 16, 1] && task.validate.data.shape == [3, 16, 16, 1])
    #expect(task.train.target.values == [0, 0, 1, 1, 2, 2])
    #expect(task.validate.target.values == [0, 1, 2])
    let support = identities(task.train)
    let query = identities(task.validate)
    #expect(Set(support.map(\.place)).count == 3, "three different classes")
    for (index, image) in support.enumerated() {
      #expect(image.place == query[index / 2].place, "a label means one class")
      #expect(image.drawing != query[index / 2].drawing, "no image is in both sets")
    }
    #expect(support[0].drawing != support[1].drawing)
  }

  @Test func heldOutTasksShareNoClassWithTraining() throws {
    for seed in 1...3 {
      let problem = try FewShot(settings(folder), seed: UInt64(seed))
      let heldOut = try #require(problem.heldOut)
      let training = try (0..<50).flatMap { identities(try problem.task($0, step: 0).train) }
      let testing = try (0..<50).flatMap { identities(try heldOut.task($0).train) }
      let (trained, tested) = (Set(training.map(\.place)), Set(testing.map(\.place)))
      #expect(trained.count == 5 && tested.count == 4)
      #expect(trained.isDisjoint(with: tested))
    }
  }

  @Test func aTaskIsAFunctionOfIndexStepAndSeed() throws {
    let one = try FewShot(settings(folder), seed: 5)
    let again = try FewShot(settings(folder), seed: 5)
    #expect(try one.task(2, step: 9) == again.task(2, step: 9))
    let places = [(0, 0), (1, 0), (0, 1)]
    let tasks = try places.map { try one.task($0.0, step: $0.1).train.data.values }
    #expect(Set(tasks).count == 3)
  }

  /// The ink of class 1 is in the second pixel of the first row, and goes round the corners.
  @Test func aClassTurnsAsAWhole() throws {
    var settings = settings(folder)
    settings.tasks.rotations = true
    let problem = try FewShot(settings, seed: 1)
    var turned: Set<Int> = []
    for index in 0..<60 {
      let task = try problem.task(index, step: 0)
      let support = identities(task.train)
      let query = identities(task.validate)
      for (index, image) in support.enumerated() {
        #expect(image.place == query[index / 2].place)
      }
      turned.formUnion(support.map(\.place))
    }
    // 5 classes in 4 positions: pixel (0, c) goes to (15 - c, 0), (15, 15 - c) and (c, 15).
    #expect(turned.count == 20)
    for place in turned {
      let (row, column) = (place / 16, place % 16)
      #expect(row == 0 || column == 0 || row == 15 || column == 15)
    }
  }

  @Test(arguments: [ImageNetworkSettings.Network.strided, .maxPool])
  func networksHaveTheOfficialNumbersOfParameters(_ network: ImageNetworkSettings.Network) throws {
    let folder = try ImageFolder(classes: 10, drawings: 2, side: 28)
    var settings = settings(folder)
    settings.network.network = network
    settings.network.filters = 64
    settings.tasks.ways = 5
    settings.tasks.shots = 1
    let problem = try FewShot(settings, seed: 1)
    // The strided network of iMAML's code has 113,221; pooling leaves one pixel instead of four.
    #expect(problem.upperModel.count == (network == .strided ? 113_221 : 112_261))
    #expect(problem.upperModel.values == problem.lowerModel.values)
  }

  @Test func theVinyalsSplitComesFromATable() throws {
    var settings = settings(folder)
    settings.tasks.split = .vinyals
    settings.tasks.characters = "table"
    let words = ["train", "train", "val", "test", "test", "test", "train", "val", "test"]
    let rows = words.enumerated().map { "\($0)\tx\t\($1)" }
    try folder.write(
      "table", Array((["id\tname\tvinyals_split"] + rows + [""]).joined(separator: "\n").utf8))
    let problem = try FewShot(settings, seed: 1)
    let training = try (0..<60).flatMap { identities(try problem.task($0, step: 0).train) }
    #expect(Set(training.map(\.place)) == [0, 1, 2, 6, 7])

    try folder.write("table", Array("id\tvinyals_split\n0\ttrain\n".utf8))
    #expect(throws: DataFileError.self) { try FewShot(settings, seed: 1) }
    let odd = rows.dropLast() + ["8\tx\tmaybe"]
    try folder.write(
      "table", Array((["id\tname\tvinyals_split"] + odd).joined(separator: "\n").utf8))
    let error = #expect(throws: DataFileError.self) { try FewShot(settings, seed: 1) }
    #expect(error?.place == .cell(line: 10, column: 3))
  }

  static let mistakes: [(String, String)] = [
    ("ways=6", "5 train and 4 are held out"), ("shots=4", "has only 4 images"),
    ("train-classes=8", "both must be at least as many"), ("labels=none", "no such file"),
    ("labels=images", "labels are needed"),
  ]

  @Test(arguments: mistakes) func settingsThatAskTooMuchAreRefused(
    _ assignment: String, _ message: String
  ) throws {
    var settings = settings(folder)
    let parts = assignment.split(separator: "=", omittingEmptySubsequences: false)
    #expect(try settings.set(String(parts[0]), to: String(parts[1])))
    let error = #expect(throws: (any Error).self) { try FewShot(settings, seed: 1) }
    #expect("\(error!)".contains(message), "\(error!)")
  }

  @Test func smallImagesAndOddOnesAreRefused() throws {
    let small = try ImageFolder(classes: 9, drawings: 4, side: 12)
    var own = settings(small)
    own.network.network = .maxPool
    #expect(throws: SettingError.self) { try FewShot(own, seed: 1) }
    let short = try ImageFolder(classes: 9, drawings: 4, labels: [0, 1, 2])
    #expect(throws: DataFileError.self) { try FewShot(settings(short), seed: 1) }
    let gaps = try ImageFolder(classes: 9, drawings: 4, labels: (0..<36).map { $0 == 5 ? -1 : 0 })
    #expect(throws: DataFileError.self) { try FewShot(settings(gaps), seed: 1) }
  }
}
