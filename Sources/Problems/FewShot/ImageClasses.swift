import DataFiles
import Tensors

/// Grey images of one size, sorted by class, kept as bytes.
struct ImageClasses: Sendable {
  /// Rows and columns of an image.
  let height: Int
  let width: Int
  /// The numbers of each class's images.
  let members: [[Int]]
  /// Checksums of the files.
  let checksums: [DataChecksum]
  private let pixels: [UInt8]

  /// Images and their classes from two IDX files.
  ///
  /// - Throws: `DataFileError` where they cannot be read or do not fit together.
  init(images: String, labels: String) throws(DataFileError) {
    let files = try ImageFiles(images: images, labels: labels)
    let classes = files.labels
    var members = [[Int]](repeating: [], count: min((classes.max() ?? 0) + 1, classes.count))
    for (image, label) in classes.enumerated() {
      guard label < members.count else {
        throw DataFileError(
          labels, at: .row(image), "there are fewer images than classes up to \(label)",
          remedy: "number the classes 0, 1, 2, ...")
      }
      members[label].append(image)
    }
    (height, width, pixels) = (files.height, files.width, files.pixels)
    checksums = files.checksums
    self.members = members
  }

  /// An image's pixels from 0 to 1, turned by a number of quarter turns (anticlockwise); quarter turns want square
  /// images.
  func image(_ number: Int, quarterTurns: Int) -> [Float] {
    let count = height * width
    let own = pixels[number * count..<(number + 1) * count]
    let first = own.startIndex
    let scaled = { (index: Int) in Float(own[first + index]) / 255 }
    let last = width - 1
    switch quarterTurns & 3 {
    case 0: return (0..<count).map(scaled)
    case 1: return (0..<count).map { scaled(($0 % width) * width + last - $0 / width) }
    case 2: return (0..<count).map { scaled(count - 1 - $0) }
    default: return (0..<count).map { scaled((last - $0 % width) * width + $0 / width) }
    }
  }
}
