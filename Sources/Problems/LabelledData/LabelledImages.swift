import DataFiles
import Tensors

/// Images with class numbers, kept as bytes or where their file is.
public struct LabelledImages: Sendable {
  /// Numbers of an image: pixels, or three times as many of one in colour.
  public let pixelCount: Int
  /// 1 for grey images, 3 for red, green and blue.
  public let channels: Int
  /// Pixels of a row of an image.
  public let width: Int
  /// Rows of an image.
  public var height: Int { pixelCount / width / channels }
  /// Classes: one more than the largest class number.
  public let classCount: Int
  /// What they are called.
  let classNames: [String]
  /// Whether they have names, rather than numbers.
  private let isNamed: Bool
  /// Each image's class.
  public let labels: [Int]
  /// Checksums of the files; none for images that come with the program.
  let checksums: [DataChecksum]
  private let pixels: PixelStore

  init(
    pixels: [UInt8], fullInk: Float, pixelCount: Int, width: Int, channels: Int = 1,
    labels: [Int], classNames: [String] = [], checksums: [DataChecksum] = []
  ) {
    self.init(
      PixelStore([.bytes(pixels)], width: pixelCount, fullInk: fullInk), width: width,
      channels: channels, labels: labels, classNames: classNames,
      checksums: checksums)
  }

  private init(
    _ pixels: PixelStore, width: Int, channels: Int, labels: [Int],
    classNames: [String], checksums: [DataChecksum]
  ) {
    self.pixels = pixels
    self.channels = channels
    self.checksums = checksums
    pixelCount = pixels.width
    self.width = width
    self.labels = labels
    classCount = (labels.max() ?? 0) + 1
    isNamed = !classNames.isEmpty
    self.classNames = isNamed ? classNames : (0..<classCount).map(String.init)
  }

  /// Images and their classes from files.
  ///
  /// - Throws: `DataFileError` for more classes than there may be.
  init(_ files: ImageFiles) throws(DataFileError) {
    if let row = files.labels.firstIndex(where: { $0 >= Self.mostClasses }) {
      throw DataFileError(
        files.labelPath, at: .row(row),
        "the class \(files.labels[row]) is beyond \(Self.mostClasses) classes",
        remedy: "number the classes 0, 1, 2, ...")
    }
    let images = files.images
    self.init(
      PixelStore([images.pixels], width: images.pixelCount, fullInk: 255), width: images.width,
      channels: images.channels, labels: files.labels,
      classNames: files.classNames, checksums: files.checksums)
  }

  /// These images, then others.
  ///
  /// - Parameters:
  ///   - others: The others.
  ///   - folder: Where they are, for errors.
  ///   - part: What they do, for the names of their checksums.
  /// - Returns: All of them.
  /// - Throws: `DataFileError` where they are of another shape.
  func followed(
    by others: LabelledImages, from folder: String, as part: String
  ) throws(DataFileError) -> LabelledImages {
    guard width == others.width, pixelCount == others.pixelCount, channels == others.channels,
      pixels.fullInk == others.pixels.fullInk
    else {
      throw DataFileError(
        folder, "has images of another shape than data's, or of other ink",
        remedy: "give images made in the same way")
    }
    return LabelledImages(
      pixels.followed(by: others.pixels), width: width,
      channels: channels, labels: labels + (try others.labels(amongClassesOf: self, from: folder)),
      classNames: isNamed ? classNames : [],
      checksums: checksums + others.checksums.ofPart(part))
  }

  /// The labels as other images number their classes: by name, where these have names.
  private func labels(
    amongClassesOf other: LabelledImages, from folder: String
  ) throws(DataFileError) -> [Int] {
    guard other.isNamed else { return labels }
    var numbers: [Int] = []
    for name in classNames {
      guard let number = other.classNames.firstIndex(of: name) else {
        throw DataFileError(
          folder, "has pictures of \(name), which is none of data's classes",
          remedy: "give the same classes, \(other.classNames.prefix(20).joined(separator: ", "))")
      }
      numbers.append(number)
    }
    return labels.map { numbers[$0] }
  }

  /// The images of another file, which needs no labels.
  ///
  /// - Throws: `DataFileError` for a file that cannot be read, or images of another shape; `TensorError`.
  func images(ofFile path: String) throws -> DataArray {
    let file = try ImageFiles.images(path)
    guard file.pixelCount == pixelCount, file.width == width, file.channels == channels else {
      throw DataFileError(
        path,
        "has images of \(file.height)x\(file.width)x\(file.channels) pixels, and those of training had "
          + "\(height)x\(width)x\(channels)",
        remedy: "give images of that shape")
    }
    return try DataArray(
      [file.count, pixelCount],
      rowsOf: PixelStore([file.pixels], width: pixelCount, fullInk: 255))
  }

  private static let mostClasses = 10_000

  /// An image's pixels, row by row, ink or light from 0 to 1.
  public func image(_ index: Int) -> [Float] {
    pixels.rows([index])
  }

  /// Some images as one array `[count, pixels]`; those of a mapped file are made when they are taken.
  ///
  /// - Throws: `TensorError` for a number that is no image's.
  public func images(_ indices: [Int]) throws(TensorError) -> DataArray {
    let shape: Shape = [indices.count, pixelCount]
    // In memory, numbers that are made once are quicker than the same made for every batch.
    return pixels.isMapped
      ? try DataArray(shape, rowsOf: pixels, indices) : try DataArray(shape, pixels.rows(indices))
  }
}
