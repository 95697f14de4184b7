import BilevelOptimization
import Foundation
import Models
import Problems
import Tensors
import TestSupport
import Testing

/// Tasks of images and the networks that see them, through the problem that has least beside them.
@Suite struct ImageTasksTests {
  private func problem(_ change: (inout FewShotSettings) -> Void = { _ in }) throws -> FewShot {
    var settings = FewShotSettings()
    settings.network.filters = 4
    change(&settings)
    return try FewShot(settings, seed: 3)
  }

  /// The halves of an image, each a digit.
  private func halves(_ examples: Examples) -> [[[Double]]] {
    let values = examples.data.values
    return (0..<examples.data.shape[0]).map { image in
      [0, 8].map { side in
        (0..<8).flatMap { row in
          values[image * 128 + row * 16 + side..<image * 128 + row * 16 + side + 8]
        }
      }
    }
  }

  /// Without data, classes are pairs of digits; none that trains is held out, nor has an image of such.
  @Test func pairsOfDigitsAreThereAlways() throws {
    let problem = try problem()
    let heldOut = try #require(problem.heldOut)
    var labels: [[Double]: Int] = [:]
    for image in Digits.all.labels.indices {
      labels[Digits.all.image(image).map(Double.init)] = Digits.all.labels[image]
    }
    func pairs(_ tasks: [TaskExamples]) throws -> (classes: Set<[Int]>, images: Set<[Double]>) {
      var (classes, images) = (Set<[Int]>(), Set<[Double]>())
      for task in tasks {
        #expect(task.train.data.shape == [5, 8, 16, 1])
        #expect(task.validate.data.shape == [25, 8, 16, 1])
        for (place, image) in halves(task.validate).enumerated() {
          let pair = try image.map { try #require(labels[$0]) }
          let own = try halves(task.train)[place / 5].map { try #require(labels[$0]) }
          #expect(pair == own, "support and query images of a label are of one class")
          classes.insert(pair)
          images.formUnion(image)
        }
      }
      return (classes, images)
    }
    let train = try pairs((0..<60).map { try problem.task($0, step: 0) })
    let held = try pairs((0..<60).map { try heldOut.task($0) })
    #expect(train.classes.count > 60 && held.classes.count == 25)
    #expect(train.classes.isDisjoint(with: held.classes))
    #expect(train.images.isDisjoint(with: held.images))
  }

  /// Where support images give the statistics, what is said of an image does not depend on the others.
  @Test func statisticsOfTheSupportImagesAreTheOthersOwn() throws {
    let problem = try problem { $0.network.statistics = .support }
    let heldOut = try #require(problem.heldOut)
    let task = try heldOut.task(0)
    #expect(task.validate.data.shape == [30, 8, 16, 1] && task.validate.target.shape == [25])
    #expect(Array(task.validate.data.values.prefix(640)) == task.train.data.values)
    let predict = try Predictor(problem.lowerModel, precision: .double, heldOut.predict)
    let all = try predict(task.validate.data, at: problem.lowerModel.values)
    let few = try predict(
      try DataArray([7, 8, 16, 1], Array(task.validate.data.values.prefix(7 * 128))),
      at: problem.lowerModel.values)
    #expect(all.shape == [25, 5] && few.shape == [2, 5])
    #expect(relativeDistance(Array(all.values.prefix(10)), few.values) < 1e-12)
    // By their own, it does.
    let other = try self.problem()
    let own = try Predictor(
      other.lowerModel, precision: .double, try #require(other.heldOut).predict)
    let queries = Array(task.validate.data.values.dropFirst(640))
    let together = try own(try DataArray([25, 8, 16, 1], queries), at: other.lowerModel.values)
    let alone = try own(
      try DataArray([2, 8, 16, 1], Array(queries.prefix(256))), at: other.lowerModel.values)
    #expect(relativeDistance(Array(together.values.prefix(10)), alone.values) > 1e-3)
  }

  @Test func aStatisticOfSupportHasARightHypergradient() throws {
    let problem = try problem { settings in
      settings.network.statistics = .support
      (settings.tasks.ways, settings.tasks.query) = (2, 1)
    }
    let task = try problem.task(0, step: 0)
    #expect(task.validate.data.shape == [4, 8, 16, 1])
    var settings = FewShot.defaults
    settings.precision = .double
    let implicit = try problem.implicit(settings)
    let adapted = try settings.lowerOptimizer().adapt(
      implicit, train: task.train, from: problem.upperModel.values)
    let report = try implicit.computeGradients(
      validate: task.validate, auxiliaryModel: adapted, train: task.train)
    #expect(report.upperLoss.isFinite && norm(problem.upperModel.gradients) > 0)
  }

  /// Colours of 84x84 pixels, as few-shot learning has them.
  @Test func resNet12SeesColours() throws {
    let (side, count) = (84, 8)
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    func write(_ name: String, _ header: [UInt8], _ sizes: [Int], _ bytes: [UInt8]) throws {
      let words: [UInt8] = sizes.flatMap { [0, 0, UInt8($0 / 256), UInt8($0 % 256)] }
      try Data(header + words + bytes).write(to: folder.appendingPathComponent(name))
    }
    let pixels = (0..<count * side * side * 3).map { UInt8(truncatingIfNeeded: $0 * $0 / 97) }
    try write("images", [0, 0, 8, 4], [count, side, side, 3], pixels)
    try write("labels", [0, 0, 8, 1], [count], (0..<count).map { UInt8($0 / 2) })
    let problem = try problem { settings in
      (settings.tasks.data, settings.tasks.images) = (folder.path, "images")
      (settings.tasks.labels, settings.tasks.ways, settings.tasks.query) = ("labels", 2, 1)
      (settings.network.network, settings.network.filters) = (.resNet12, 2)
    }
    #expect(problem.upperModel.values(of: "block4.conv1.weight", count: 9 * 8 * 16))
    #expect(problem.upperModel.values(of: "dense.weight", count: 16 * 2))
    let task = try problem.task(0, step: 0)
    #expect(task.train.data.shape == [2, 84, 84, 3])
    let scores = try problem.lowerModel.evaluate(task.validate.data) { $0($1) }
    #expect(scores.shape == [2, 2] && scores.values.allSatisfy(\.isFinite))
  }

  @Test func smallImagesNeedAnotherNetwork() {
    let error = #expect(throws: SettingError.self) {
      try problem { $0.network.network = .resNet12 }
    }
    #expect(error?.message.contains("8x16 are too small") == true, "\(String(describing: error))")
  }

  /// Each layer has factors of its own: those of a step one after another, all of the lower parameters in order.
  @Test func layersHaveRatesOfTheirOwn() throws {
    let problem = try problem { ($0.rates, $0.layerRates) = (3, true) }
    #expect(problem.ratedParts.count == 9, "four convolutions, four norms, a dense layer")
    #expect(problem.ratedParts.flatMap { Array($0) } == Array(0..<problem.lowerModel.count))
    #expect(problem.upperModel.parameters.last?.shape == [3, 9])
    let error = #expect(throws: SettingError.self) {
      try self.problem { ($0.rates, $0.layerRates) = (0, true) }
    }
    #expect(error?.message.contains("set rates=1") == true)
    // One setting after the other, in any order.
    var settings = FewShotSettings()
    #expect(try settings.set("layer-rates", to: "true") && settings.set("rates", to: "2"))
  }

  /// Learnt factors of lower rates come behind the initialisation, where adaptation starts.
  @Test func ratesAreUpperParameters() throws {
    let problem = try problem { $0.rates = 3 }
    let plain = try self.problem()
    #expect(problem.start == .formula && plain.start == .upperModel)
    #expect(problem.upperModel.count == plain.upperModel.count + 3)
    #expect(problem.upperModel.values == plain.upperModel.values + [1, 1, 1])
    var settings = FewShot.defaults
    settings.method = .unrolled
    (settings.learnedRates, settings.lowerSteps, settings.precision) = ("rates", 3, .double)
    let levels = try problem.levels(settings)
    #expect(try problem.start.values(levels) == plain.upperModel.values)
    #expect(levels.rateFactors == [1, 1, 1])
    settings.learnedRates = ""
    let error = #expect(throws: SettingError.self) { try problem.lowerOptimizer(settings) }
    #expect(error?.message.contains("set learned-rates=rates") == true)
  }
}

extension Model {
  fileprivate func values(of name: String, count: Int) -> Bool {
    (try? values(of: name).count) == count
  }
}
