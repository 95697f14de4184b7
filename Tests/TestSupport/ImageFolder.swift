import Foundation

/// A folder of small images in IDX files, made for a test: class c's drawing d is dark but for a square of ink
/// whose place and depth tell both, or noise.
package final class ImageFolder {
  package let path: String

  package init(
    classes: Int, drawings: Int, side: Int = 16, labels: [Int]? = nil, isNoise: Bool = false
  ) throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let count = classes * drawings
    var pixels: [UInt8] = []
    var draws = Draws(seed: 1)
    for image in 0..<count {
      var own = [UInt8](repeating: 0, count: side * side)
      if isNoise {
        for pixel in own.indices { own[pixel] = UInt8(draws.next(256)) }
      } else {
        own[image / drawings] = UInt8(100 + image % drawings)
      }
      pixels += own
    }
    try write("images", [0, 0, 8, 3] + Self.words([count, side, side]) + pixels)
    let labels = labels ?? (0..<count).map { $0 / drawings }
    try write(
      "labels",
      [0, 0, 11, 1] + Self.words([labels.count])
        + labels.flatMap { [UInt8(truncatingIfNeeded: $0 >> 8), UInt8(truncatingIfNeeded: $0)] })
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  package func write(_ name: String, _ bytes: [UInt8]) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
  }

  private static func words(_ sizes: [Int]) -> [UInt8] {
    sizes.flatMap { size in (0..<4).reversed().map { UInt8(truncatingIfNeeded: size >> (8 * $0)) } }
  }
}
