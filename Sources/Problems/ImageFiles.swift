import DataFiles

/// Grey images and their classes, as two IDX files in MNIST's form have them.
struct ImageFiles {
  /// Rows and columns of an image.
  let height: Int
  let width: Int
  /// All pixels, image by image, ink 255 on 0.
  let pixels: [UInt8]
  /// Each image's class.
  let labels: [Int]
  /// Checksums of the files.
  let checksums: [DataChecksum]

  /// Reads both files.
  ///
  /// - Throws: `DataFileError` where they cannot be read or do not fit together.
  init(images: String, labels: String) throws(DataFileError) {
    let (file, pixels) = try Self.images(images)
    let labelFile = try IDX.read(labels)
    self.labels = try labelFile.labels(count: file.rows, of: images)
    (height, width) = (file.shape[1], file.shape[2])
    self.pixels = pixels
    checksums = [
      DataChecksum("images", file.checksum), DataChecksum("labels", labelFile.checksum),
    ]
  }

  /// A file of images, shape `[images, rows, columns]`, and its pixels.
  ///
  /// - Throws: `DataFileError` for a file that cannot be read or holds something else.
  static func images(_ path: String) throws(DataFileError) -> (file: FileArray, pixels: [UInt8]) {
    let file = try IDX.read(path)
    guard case .bytes(let pixels) = file.storage, file.shape.count == 3,
      file.shape.allSatisfy({ $0 > 0 })
    else {
      throw DataFileError(
        path, "holds an array of shape \(file.shape)",
        remedy: "give grey images as bytes, shape [images, rows, columns]")
    }
    return (file, pixels)
  }
}
