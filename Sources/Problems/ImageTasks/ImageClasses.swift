import DataFiles
import Tensors

/// The size of images.
struct ImageShape: Sendable, Hashable {
  /// Rows and columns of an image.
  let height: Int
  let width: Int
  /// 1 for grey images, 3 for red, green and blue.
  let channels: Int

  /// Numbers of an image.
  var count: Int { height * width * channels }
}

/// Images of one size, sorted by class, kept as bytes.
struct ImageClasses: Sendable {
  /// The size of all images.
  let shape: ImageShape
  /// The numbers of each class's images.
  let members: [[Int]]
  /// Checksums of the files.
  let checksums: [DataChecksum]
  private let pixels: [UInt8]
  /// The byte that full ink has.
  private let fullInk: Float

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
    self.init(
      ImageShape(height: images.height, width: images.width, channels: images.channels),
      pixels: images.pixels.bytes, fullInk: 255, members: members, checksums: files.checksums)
  }

  /// Pairs of images beside each other: a class for each first and second class, 100 of ten. No image is in two pairs, so that
  /// classes have nothing in common but what their halves are of.
  init(pairsOf images: LabelledImages) {
    // Sixteen depths of ink, and none.
    let fullInk: Float = 16
    let (labels, width, count) = (images.labels, images.width, images.classCount)
    let members = (0..<count).map { label in labels.indices.filter { labels[$0] == label } }
    let each = (members.map(\.count).min() ?? 0) / (2 * count)
    var pixels: [UInt8] = []
    for pair in 0..<count * count {
      let (first, second) = pair.quotientAndRemainder(dividingBy: count)
      for drawing in 0..<each {
        let left = images.image(members[first][second * each + drawing])
        let right = images.image(members[second][(count + first) * each + drawing])
        for row in stride(from: 0, to: images.pixelCount, by: width) {
          let both = left[row..<row + width] + right[row..<row + width]
          pixels += both.map { UInt8($0 * fullInk) }
        }
      }
    }
    self.init(
      ImageShape(height: images.height, width: 2 * width, channels: 1),
      pixels: pixels, fullInk: fullInk,
      members: (0..<count * count).map { Array($0 * each..<($0 + 1) * each) }, checksums: [])
  }

  private init(
    _ shape: ImageShape, pixels: [UInt8], fullInk: Float, members: [[Int]],
    checksums: [DataChecksum]
  ) {
    (self.shape, self.pixels, self.fullInk) = (shape, pixels, fullInk)
    (self.members, self.checksums) = (members, checksums)
  }

  /// These classes, then others, which are others even where they have the same numbers.
  ///
  /// - Throws: `DataFileError` for images of another shape.
  func followed(by others: ImageClasses, from place: String) throws(DataFileError) -> ImageClasses {
    guard shape == others.shape, fullInk == others.fullInk else {
      throw DataFileError(
        place, "has images of another shape than data's, or of other ink",
        remedy: "give images made in the same way")
    }
    let first = pixels.count / shape.count
    return ImageClasses(
      shape, pixels: pixels + others.pixels, fullInk: fullInk,
      members: members + others.members.map { own in own.map { first + $0 } },
      checksums: checksums + others.checksums.ofPart("test"))
  }

  /// An image's numbers from 0 to 1, `[rows, columns, channels]`, turned by a number of quarter turns (anticlockwise);
  /// quarter turns want square images.
  func image(_ number: Int, quarterTurns: Int) -> [Float] {
    let (width, channels) = (shape.width, shape.channels)
    let (count, last) = (shape.height * width, width - 1)
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
          target[done] = Float(pixels[source + channel]) / fullInk
          done += 1
        }
      }
    }
  }
}
