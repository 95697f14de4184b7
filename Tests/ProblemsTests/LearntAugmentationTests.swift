import BilevelOptimization
import Foundation
import Problems
import Tensors
import TestSupport
import Testing

/// Images changed by strengths, by hand.
@Suite struct LearntAugmentationTests {
  private func problem(_ first: [ImageChange: Double]) throws -> LearntAugmentation {
    var settings = LearntAugmentationSettings()
    settings.first = first
    return try LearntAugmentation(settings, seed: 1)
  }

  /// Two images of 8x8 pixels, changed by one kind at a strength where every random number is the same.
  private func changed(
    _ images: [Double], _ kind: ImageChange, _ strength: Double, drawing number: Double = 1
  ) throws -> [Double] {
    let problem = try problem([kind: strength])
    return try problem.upperModel.evaluate(
      DataArray([images.count / 64, 64], images), precision: .double
    ) { strengths, images in
      problem.change(images, strengths) { _, shape in
        images.constant([Double](repeating: number, count: shape.count), shape)
      }
    }.values
  }

  private let images: [Double] = (0..<128).map { Double($0 * $0 * 7 % 101) / 101 }

  /// A pixel, and the part of its ink.
  private struct Part {
    let row, column: Int
    let part: Double

    init(_ row: Int, _ column: Int, _ part: Double = 1) {
      (self.row, self.column, self.part) = (row, column, part)
    }
  }

  /// Both images, whose pixels are made of parts of others; of what is beyond the edge nothing.
  private func expected(_ source: (Int, Int) -> [Part]) -> [Double] {
    (0..<128).map { (place: Int) -> Double in
      var sum = 0.0
      for pixel in source(place % 64 / 8, place % 8)
      where 0..<8 ~= pixel.row && 0..<8 ~= pixel.column {
        sum += pixel.part * images[place / 64 * 64 + pixel.row * 8 + pixel.column]
      }
      return sum
    }
  }

  @Test func imagesAreMovedByPartsOfPixels() throws {
    let whole = try changed(images, .shift, 2)
    #expect(relativeDistance(whole, expected { [Part($0 - 2, $1 - 2)] }) < 1e-12)
    let half = try changed(images, .shift, 1.5, drawing: -1)
    let mean = expected { row, column in
      [(1, 1), (1, 2), (2, 1), (2, 2)].map { Part(row + $0.0, column + $0.1, 0.25) }
    }
    #expect(relativeDistance(half, mean) < 1e-12)
  }

  /// A quarter turn takes rows to columns; half a turn reverses both.
  @Test func imagesAreTurned() throws {
    let quarter = try changed(images, .rotation, 90)
    let ways = [expected { [Part(7 - $1, $0)] }, expected { [Part($1, 7 - $0)] }]
    #expect(ways.contains { relativeDistance(quarter, $0) < 1e-9 })
    let half = try changed(images, .rotation, 180)
    #expect(relativeDistance(half, expected { [Part(7 - $0, 7 - $1)] }) < 1e-9)
  }

  /// Twice as large: a pixel is what was half as far from the middle. Sheared by 2 pixels a row: those of a row move alike.
  @Test func imagesAreScaledAndSheared() throws {
    let small = try changed(images, .scale, log(3), drawing: 1)
    // From 3.5 three times as far: (3, 3) is what was at 3.5 - 1.5.
    #expect(abs(small[3 * 8 + 3] - images[2 * 8 + 2]) < 1e-9)
    let sheared = try changed(images, .shear, 2)
    let wanted = expected { row, column in [Part(row, column + 2 * row - 7)] }
    #expect(relativeDistance(sheared, wanted) < 1e-12)
  }

  @Test func inkIsChanged() throws {
    let lighter = try changed(images, .brightness, 0.25)
    #expect(relativeDistance(lighter, images.map { $0 + 0.25 }) < 1e-12)
    let noisy = try changed(images, .noise, 0.5)
    #expect(relativeDistance(noisy, images.map { $0 + 0.5 }) < 1e-12)
    let contrasted = try changed(images, .contrast, log(2))
    for first in [0, 64] {
      let own = Array(images[first..<first + 64])
      let mean = own.reduce(0, +) / 64
      let wanted: [Double] = own.map { 2 * $0 - mean }
      let found = Array(contrasted[first..<first + 64])
      #expect(relativeDistance(found, wanted) < 1e-12)
    }
  }

  /// As much is gone as the square covers, at its middle and at a corner, where a quarter of it is in the image.
  @Test(arguments: [(1.5, 0.0, 2.25), (1.0, -1.0, 0.25), (3.0, 1.0, 2.25)])
  func aSquareIsCutOut(_ side: Double, _ middle: Double, _ area: Double) throws {
    let ones = [Double](repeating: 1, count: 64)
    let left = try changed(ones, .cutOut, side, drawing: middle)
    #expect(abs(64 - left.reduce(0, +) - area) < 1e-9)
    #expect(left.allSatisfy { (-1e-12...1).contains($0) })
  }

  /// The lower objective alone changes images, and strengths of next to nothing change none.
  @Test func trainingImagesAreChanged() throws {
    let problem = try problem([.shift: 1, .noise: 0.1])
    #expect(problem.upperModel.parameters.map(\.name) == ["log-shift", "log-noise"])
    #expect(problem.followed().map(\.name) == ["shift", "noise"])
    var settings = try LearntAugmentation.defaults
    settings.precision = .double
    let task = try problem.task(0, step: 0)
    func losses() throws -> (lower: Double, upper: Double) {
      let implicit = try problem.implicit(settings)
      let values = problem.lowerModel.values
      return (
        try implicit.linearised(train: task.train, at: values).loss,
        try implicit.upperDerivatives(validate: task.validate, at: values).loss
      )
    }
    let changed = try losses()
    problem.upperModel.values = [-80, -80]
    let plain = try losses()
    #expect(changed.upper == plain.upper && changed.lower != plain.lower)
    let logits = try problem.lowerModel.evaluate(task.train.data, precision: .double) { $0($1) }
    let penalty = 0.0001 * problem.lowerModel.values.reduce(0) { $0 + $1 * $1 }
    let loss = try Scores.classification(logits, task.train.target)[1] + penalty
    #expect(abs(plain.lower - loss) < 1e-9)
  }

  @Test func settingsThatMakeNoSenseAreRefused() throws {
    let none = #expect(throws: SettingError.self) { try problem([:]) }
    #expect(none?.message.contains("all strengths are 0") == true)
    let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let rows = (0..<60).map { "\($0),\($0 % 7),\(["a", "b"][$0 % 2])\n" }.joined()
    try Data(rows.utf8).write(to: URL(fileURLWithPath: path))
    var settings = LearntAugmentationSettings()
    settings.data = path
    (settings.examples.train, settings.examples.validation) = (20, 20)
    settings.examples.test = 20
    let error = #expect(throws: SettingError.self) { try LearntAugmentation(settings, seed: 1) }
    #expect(error?.message.contains("give a folder of images") == true)
  }
}
