import DataFiles

/// Images and their classes, grey or in colour: two files, in MNIST's form or of NumPy's arrays, or a folder of pictures for
/// each class.
struct ImageFiles {
  /// Images of one size.
  struct Images {
    /// Rows and columns of an image.
    let height: Int
    let width: Int
    /// 1 for grey images, 3 for red, green and blue.
    let channels: Int
    /// Numbers from 0 to 255, image by image, row by row, the channels of a pixel together.
    let pixels: PixelStore.Piece
    /// The file's checksum.
    let checksum: UInt32

    /// Numbers of an image.
    var pixelCount: Int { height * width * channels }
    /// How many there are.
    var count: Int { pixels.count / pixelCount }
  }

  /// The images.
  let images: Images
  /// Each image's class.
  let labels: [Int]
  /// What the classes are called; none: by their numbers.
  let classNames: [String]
  /// The file of the classes, for errors.
  let labelPath: String
  /// Checksums of the files.
  let checksums: [DataChecksum]

  /// Reads the images of a place: a folder of pictures, one where files have these names, or two files of which the first
  /// has images; nil for other places.
  ///
  /// - Throws: `DataFileError` for files that cannot be read or do not fit together, `SettingError` where no folder is given.
  init?(_ place: DataPlace, images: String, labels: String) throws {
    switch place {
    case .folder(let folder) where PictureFolder.isOne(folder):
      self.init(try PictureFolder.read(folder), folder)
    case .folder(let folder):
      let folder = DataFolder(folder)
      try self.init(
        images: try folder.path(of: images, key: "images"),
        labels: try folder.path(of: labels, key: "labels"))
    case .pair(let inputs, let targets):
      let axes =
        try NPY.mapped(inputs)?.shape.count
        ?? FileArray.decode(FileBytes(reading: inputs))?.shape.count
      guard let axes, axes > 2 else { return nil }
      try self.init(images: inputs, labels: targets)
    case .embedded, .file: return nil
    }
  }

  private init(_ folder: PictureFolder, _ path: String) {
    images = Images(folder)
    (labels, classNames, labelPath) = (folder.labels, folder.classNames, path)
    checksums = [DataChecksum("pictures", folder.checksum)]
  }

  /// Reads both files.
  ///
  /// - Throws: `DataFileError` where they cannot be read or do not fit together.
  init(images: String, labels: String) throws(DataFileError) {
    self.images = try Self.images(images)
    guard let labelFile = try FileArray.decode(FileBytes(reading: labels)) else {
      throw DataFileError(labels, "is no array of labels", remedy: "give an IDX or .npy file")
    }
    (labelPath, classNames) = (labels, [])
    self.labels = try labelFile.labels(count: self.images.count, of: images)
    checksums = [
      DataChecksum("images", self.images.checksum), DataChecksum("labels", labelFile.checksum),
    ]
  }

  /// A folder of pictures, or a file of images: `[images, rows, columns]`, or with an axis of 1 or 3 channels behind or
  /// before rows and columns.
  ///
  /// - Throws: `DataFileError` for a file that cannot be read or holds something else.
  static func images(_ path: String) throws(DataFileError) -> Images {
    if PictureFolder.isOne(path) { return Images(try PictureFolder.read(path)) }
    if let images = try mapped(path) { return images }
    let remedy =
      "give images as bytes, shape [images, rows, columns], or with 3 channels for colours"
    guard let file = try FileArray.decode(FileBytes(reading: path)) else {
      throw DataFileError(path, "is no array", remedy: "give an IDX or .npy file of images")
    }
    guard file.shape.allSatisfy({ $0 > 0 }), let layout = ImageLayout(file.shape) else {
      throw DataFileError(path, "holds an array of shape \(file.shape)", remedy: remedy)
    }
    let pixels = try bytes(of: file, remedy)
    return Images(
      height: layout.height, width: layout.width, channels: layout.channels,
      pixels: .bytes(layout.channelsTogether(pixels)), checksum: file.checksum)
  }

  /// Those of a long file of NumPy's, where it is; nil for other files.
  private static func mapped(_ path: String) throws(DataFileError) -> Images? {
    guard let array = try NPY.mapped(path), array.isOfBytes, array.shape.allSatisfy({ $0 > 0 }),
      let layout = ImageLayout(array.shape), layout.areChannelsTogether
    else { return nil }
    return Images(
      height: layout.height, width: layout.width, channels: layout.channels,
      pixels: .mapped(array), checksum: array.file.checksum)
  }

  private static func bytes(
    of file: FileArray, _ remedy: String
  ) throws(DataFileError) -> [UInt8] {
    if case .bytes(let pixels) = file.storage { return pixels }
    var pixels: [UInt8] = []
    let values = file.values
    pixels.reserveCapacity(values.count)
    for (index, value) in values.enumerated() {
      guard let pixel = UInt8(exactly: value) else {
        throw DataFileError(
          file.path, at: .row(index / file.rowCount),
          "has a pixel of \(value); whole numbers from 0 to 255 are pixels", remedy: remedy)
      }
      pixels.append(pixel)
    }
    return pixels
  }
}

/// What the axes of an array of images are.
struct ImageLayout {
  let height: Int
  let width: Int
  let channels: Int
  private let isPlanar: Bool

  /// Of a shape; nil where it is none of images, or may be read in two ways.
  init?(_ shape: [Int]) {
    switch shape.count {
    case 3: (height, width, channels, isPlanar) = (shape[1], shape[2], 1, false)
    case 4:
      // Three channels before one: an image may be one pixel high or wide.
      let found = [3, 1].first { shape[1] == $0 || shape[3] == $0 }
      guard let found, shape[1] != shape[3] else { return nil }
      let isFirst = shape[1] == found
      isPlanar = isFirst
      (height, width) = isFirst ? (shape[2], shape[3]) : (shape[1], shape[2])
      channels = found
    default: return nil
    }
  }

  /// Whether the channels of a pixel are beside each other.
  var areChannelsTogether: Bool { !isPlanar || channels == 1 }

  /// With the channels of a pixel beside each other.
  func channelsTogether(_ pixels: [UInt8]) -> [UInt8] {
    guard !areChannelsTogether else { return pixels }
    let plane = height * width
    return [UInt8](unsafeUninitializedCapacity: pixels.count) { target, count in
      for image in stride(from: 0, to: pixels.count, by: plane * channels) {
        for place in 0..<plane {
          for channel in 0..<channels {
            target[count] = pixels[image + channel * plane + place]
            count += 1
          }
        }
      }
    }
  }
}

extension ImageFiles.Images {
  fileprivate init(_ folder: PictureFolder) {
    self.init(
      height: folder.height, width: folder.width, channels: folder.channels,
      pixels: .bytes(folder.pixels), checksum: folder.checksum)
  }
}
