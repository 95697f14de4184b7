import DataFiles
import Tensors

/// Grey images with class numbers, kept as bytes.
public struct LabelledImages: Sendable {
  /// Pixels of an image.
  public let pixelCount: Int
  /// Pixels of a row of an image.
  public let width: Int
  /// Classes: one more than the largest class number.
  public let classCount: Int
  /// Each image's class.
  public let labels: [Int]
  /// Checksums of the files; none for images that come with the program.
  let checksums: [DataChecksum]
  private let pixels: [UInt8]
  /// The byte that full ink has.
  private let fullInk: Float

  init(
    pixels: [UInt8], fullInk: Float, pixelCount: Int, width: Int, labels: [Int],
    checksums: [DataChecksum] = []
  ) {
    self.pixels = pixels
    self.checksums = checksums
    self.fullInk = fullInk
    self.pixelCount = pixelCount
    self.width = width
    self.labels = labels
    classCount = (labels.max() ?? 0) + 1
  }

  /// Images and their classes from two IDX files, in MNIST's form.
  ///
  /// - Throws: `DataFileError` where they cannot be read or do not fit together.
  init(images: String, labels: String) throws(DataFileError) {
    let files = try ImageFiles(images: images, labels: labels)
    let classes = files.labels
    if let row = classes.firstIndex(where: { $0 >= Self.mostClasses }) {
      throw DataFileError(
        labels, at: .row(row), "the class \(classes[row]) is beyond \(Self.mostClasses) classes",
        remedy: "number the classes 0, 1, 2, ...")
    }
    self.init(
      pixels: files.pixels, fullInk: 255, pixelCount: files.height * files.width,
      width: files.width, labels: classes,
      checksums: files.checksums)
  }

  /// These images, then others.
  ///
  /// - Parameters:
  ///   - others: The others.
  ///   - folder: Where they are, for errors.
  /// - Returns: All of them.
  /// - Throws: `DataFileError` where they are of another shape.
  func followed(by others: LabelledImages, from folder: String) throws(DataFileError)
    -> LabelledImages
  {
    guard width == others.width, pixelCount == others.pixelCount, fullInk == others.fullInk else {
      throw DataFileError(
        folder, "has images of another shape than data's, or of other ink",
        remedy: "give images made in the same way")
    }
    return LabelledImages(
      pixels: pixels + others.pixels, fullInk: fullInk, pixelCount: pixelCount, width: width,
      labels: labels + others.labels,
      checksums: checksums
        + others.checksums.map { DataChecksum("validation-\($0.name)", $0.checksum) })
  }

  /// The images of another file, which needs no labels.
  ///
  /// - Throws: `DataFileError` for a file that cannot be read, or images of another shape; `TensorError`.
  func images(ofFile path: String) throws -> DataArray {
    let (file, pixels) = try ImageFiles.images(path)
    let count = file.rowCount
    guard count == pixelCount, file.shape[2] == width else {
      throw DataFileError(
        path,
        "has images of \(file.shape[1])x\(file.shape[2]) pixels, and those of training had "
          + "\(pixelCount / width)x\(width)",
        remedy: "give images of that shape")
    }
    let others = LabelledImages(
      pixels: pixels, fullInk: 255, pixelCount: count, width: width,
      labels: [Int](repeating: 0, count: file.rows))
    return try others.images(Array(0..<file.rows))
  }

  private static let mostClasses = 10_000

  /// An image's pixels, row by row, ink from 0 to 1.
  public func image(_ index: Int) -> [Float] {
    pixels[index * pixelCount..<(index + 1) * pixelCount].map { Float($0) / fullInk }
  }

  /// Some images as one array `[count, pixels]`.
  ///
  /// - Throws: `TensorError` where the pixels do not fit the images' shape.
  public func images(_ indices: [Int]) throws(TensorError) -> DataArray {
    let values = [Float](unsafeUninitializedCapacity: indices.count * pixelCount) { target, count in
      for index in indices {
        for pixel in pixels[index * pixelCount..<(index + 1) * pixelCount] {
          target[count] = Float(pixel) / fullInk
          count += 1
        }
      }
    }
    return try DataArray([indices.count, pixelCount], values)
  }
}
