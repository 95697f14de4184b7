import BilevelOptimization
import DataFiles
import Foundation
import Problems
import TestSupport
import Testing

/// Images of files: in colour, in either order of axes, of other types than bytes; seen through the problems.
@Suite struct ImageFilesTests {
  private func words(_ sizes: [Int]) -> [UInt8] {
    sizes.flatMap { size in (0..<4).reversed().map { UInt8(truncatingIfNeeded: size >> (8 * $0)) } }
  }

  /// A folder with images, and labels of 32 bits, of two classes in turn.
  private func withImages(
    _ images: [UInt8], count: Int, _ body: (String) throws -> Void
  ) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data(images).write(to: folder.appendingPathComponent("images"))
    let labels = [0, 0, 12, 1] + words([count]) + words((0..<count).map { $0 % 2 })
    try Data(labels).write(to: folder.appendingPathComponent("labels"))
    try body(folder.path)
  }

  private func problem(_ data: String) throws -> LabelCleaning {
    var settings = LabelCleaningSettings()
    (settings.data, settings.images, settings.labels) = (data, "images", "labels")
    (settings.train, settings.validation, settings.test) = (2, 1, 1)
    (settings.trainPart, settings.corruption.part) = (1, 0)
    return try LabelCleaning(settings, seed: 1)
  }

  /// The numbers of the images in their own order.
  private func images(_ problem: LabelCleaning) throws -> [[Double]] {
    let parts = problem.corrupted
    return try (parts.train + parts.validate + parts.test).sorted().map { index in
      guard case .images(let images) = parts.examples else { return [] }
      return try images.images([index]).values.map { ($0 * 255).rounded() }
    }
  }

  /// Four images of 1x2 pixels: red, green and blue of both.
  private static let planar: [UInt8] = (0..<4).flatMap { image in
    [1, 4, 2, 5, 3, 6].map { $0 + 10 * UInt8(image) }
  }
  private static let together: [UInt8] = (0..<4).flatMap { image in
    [1, 2, 3, 4, 5, 6].map { $0 + 10 * UInt8(image) }
  }

  @Test func channelsMayComeFirstOrLast() throws {
    let (first, last) = ([0, 0, 8, 4] + words([4, 3, 1, 2]), [0, 0, 8, 4] + words([4, 1, 2, 3]))
    for bytes in [first + Self.planar, last + Self.together] {
      try withImages(bytes, count: 4) { folder in
        for data in [folder, "\(folder)/images,\(folder)/labels"] {
          let problem = try problem(data)
          #expect(try images(problem) == (0..<4).map { i in (1...6).map { Double($0 + 10 * i) } })
          #expect(problem.lowerModel.parameters[0].shape == [6, 32])
        }
      }
    }
  }

  @Test func whatIsNoImageIsRefused() throws {
    for (bytes, message) in [
      (
        [0, 0, 8, 4] + words([4, 3, 1, 3]) + [UInt8](repeating: 0, count: 36), "shape [4, 3, 1, 3]"
      ),
      (
        [0, 0, 8, 4] + words([4, 2, 1, 2]) + [UInt8](repeating: 0, count: 16), "shape [4, 2, 1, 2]"
      ),
      ([0, 0, 8, 2] + words([4, 2]) + [UInt8](repeating: 0, count: 8), "shape [4, 2]"),
      ([0, 0, 12, 3] + words([4, 1, 1]) + words([1, 2, 256, 3]), "row 2: has a pixel of 256"),
      ([0, 0, 9, 3] + words([4, 1, 1]) + [1, 255, 3, 4], "row 1: has a pixel of -1"),
    ] {
      try withImages(bytes, count: 4) { folder in
        let error = #expect(throws: DataFileError.self, "\(message)") { try problem(folder) }
        #expect(error?.description.contains(message) == true, "\(String(describing: error))")
      }
    }
    try withImages([0, 0, 12, 3] + words([4, 1, 1]) + words([1, 2, 255, 3]), count: 4) { folder in
      let values = try images(try problem(folder))
      #expect(values == [[1], [2], [255], [3]])
    }
  }

  /// Turns keep the channels of a pixel together.
  @Test func fewShotTakesColours() throws {
    let (classes, side) = (4, 16)
    var pixels: [UInt8] = []
    for image in 0..<2 * classes {
      for place in 0..<side * side {
        pixels += [UInt8(place % 16), UInt8(place / 16), UInt8(200 + image / 2)]
      }
    }
    let labels = (0..<2 * classes).map { $0 / 2 }
    let bytes = [0, 0, 8, 4] + words([2 * classes, side, side, 3]) + pixels
    try withImages(bytes, count: 2 * classes) { folder in
      try Data([0, 0, 12, 1] + words([labels.count]) + words(labels))
        .write(to: URL(fileURLWithPath: "\(folder)/labels"))
      var settings = FewShotSettings()
      (settings.tasks.data, settings.tasks.images, settings.tasks.labels) = (
        folder, "images", "labels"
      )
      (settings.tasks.ways, settings.tasks.trainClasses, settings.network.filters) = (2, 2, 4)
      settings.tasks.query = 1
      let problem = try FewShot(settings, seed: 1)
      let task = try problem.task(0, step: 0)
      #expect(task.train.data.shape == [2, 16, 16, 3])
      let values = task.train.data.values.map { Int(($0 * 255).rounded()) }
      for pixel in stride(from: 0, to: values.count, by: 3) {
        #expect(values[pixel] < 16 && values[pixel + 1] < 16 && values[pixel + 2] >= 200)
      }
      let firsts = stride(from: 0, to: 3 * side * side, by: 3).map { [values[$0], values[$0 + 1]] }
      #expect(Set(firsts).count == side * side)
      #expect(problem.upperModel.parameters[0].shape == [3, 3, 3, 4])
    }
  }
}
