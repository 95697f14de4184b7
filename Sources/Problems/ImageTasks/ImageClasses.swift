import DataFiles
import Tensors

/// Images of one size, sorted by class, kept as bytes.
struct ImageClasses: Sendable {
  /// Rows and columns of an image.
  let height: Int
  let width: Int
  /// 1 for grey images, 3 for red, green and blue.
  let channels: Int
  /// The numbers of each class's images.
  let members: [[Int]]
  /// Checksums of the files.
  let checksums: [DataChecksum]
  private let pixels: [UInt8]

  /// Images and their classes from files.
  ///
  /// - Throws: `DataFileError` for a class without images before the last.
  init(_ files: ImageFiles) throws(DataFileError) {
    let classes = files.labels
    var members = [[Int]](repeating: [], count: min((classes.max() ?? 0) + 1, classes.count))
    for (image, label) in classes.enumerated() {
      guard label < members.count else {
        throw DataFileError(
          files.labelPath, at: .row(image), "there are fewer images than classes up to \(label)",
          remedy: "number the classes 0, 1, 2, ...")
      }
      members[label].append(image)
    }
    let images = files.images
    self.init(images, pixels: images.pixels, members: members, checksums: files.checksums)
  }

  private init(
    _ images: ImageFiles.Images, pixels: [UInt8], members: [[Int]], checksums: [DataChecksum]
  ) {
    (height, width, channels) = (images.height, images.width, images.channels)
    (self.pixels, self.members, self.checksums) = (pixels, members, checksums)
  }

  /// These classes, then those of other files, which are others even where they have the same numbers.
  ///
  /// - Throws: `DataFileError` for images of another shape.
  func followed(by files: ImageFiles, from place: String) throws(DataFileError) -> ImageClasses {
    let others = try ImageClasses(files)
    guard height == others.height, width == others.width, channels == others.channels else {
      throw DataFileError(
        place, "has images of another shape than data's", remedy: "give images made in the same way"
      )
    }
    let first = pixels.count / (height * width * channels)
    return ImageClasses(
      files.images, pixels: pixels + others.pixels,
      members: members + others.members.map { own in own.map { first + $0 } },
      checksums: checksums + others.checksums.ofPart("test"))
  }

  /// An image's numbers from 0 to 1, `[rows, columns, channels]`, turned by a number of quarter turns (anticlockwise);
  /// quarter turns want square images.
  func image(_ number: Int, quarterTurns: Int) -> [Float] {
    let (count, last) = (height * width, width - 1)
    let first = number * count * channels
    func place(_ index: Int) -> Int {
      let (row, column) = (index / width, index % width)
      return switch quarterTurns & 3 {
      case 0: index
      case 1: column * width + last - row
      case 2: count - 1 - index
      default: (last - column) * width + row
      }
    }
    return [Float](unsafeUninitializedCapacity: count * channels) { target, done in
      for index in 0..<count {
        let source = first + place(index) * channels
        for channel in 0..<channels {
          target[done] = Float(pixels[source + channel]) / 255
          done += 1
        }
      }
    }
  }
}
