#if Pictures
  import CJPEG
  import CPNG
#endif

/// A PNG or JPEG picture, through the system's libpng and libjpeg: pixels of 8 bits, grey or red, green and blue; what is
/// transparent is on white. Builds without the package's trait `Pictures` refuse them.
package struct Picture {
  /// How large a picture is.
  package struct Size: Sendable, Hashable {
    /// Rows.
    package let height: Int
    /// Pixels of a row.
    package let width: Int
    /// 1 or 3.
    package var channels: Int

    /// How many numbers it has.
    package var count: Int { height * width * channels }
  }

  private let file: FileBytes
  private let format: DataFormat
  /// What its header says.
  package let size: Size

  /// The most pixels.
  private static let mostPixels = 1 << 26

  /// Reads a picture's header.
  ///
  /// - Throws: ``DataFileError`` for what is no picture, or one that is empty or too large.
  package init(_ file: FileBytes) throws(DataFileError) {
    self.file = file
    format = DataFormat(of: file)
    size =
      switch format {
      case .png: try Self.sizeOfPNG(file)
      case .jpeg: try Self.sizeOfJPEG(file)
      default:
        throw DataFileError(
          file.path, "is neither a PNG nor a JPEG picture", remedy: "convert it, or leave it out")
      }
    guard size.height > 0, size.width > 0, size.height <= Self.mostPixels / size.width else {
      throw DataFileError(
        file.path,
        "has \(size.height)x\(size.width) pixels, and from 1 to \(Self.mostPixels) are read",
        remedy: "make it smaller")
    }
  }

  /// Appends the pixels, row by row, the channels of a pixel together.
  ///
  /// - Parameters:
  ///   - channels: 1 or 3, at least as many as it has.
  ///   - pixels: What they are appended to.
  /// - Throws: ``DataFileError`` for a damaged picture.
  package func append(channels: Int, to pixels: inout [UInt8]) throws(DataFileError) {
    var size = size
    size.channels = channels
    pixels += format == .png ? try pixelsOfPNG(size) : try pixelsOfJPEG(size)
  }

  private static func damaged(_ file: FileBytes, _ reason: String) -> DataFileError {
    DataFileError(
      file.path, "cannot be decoded\(reason.isEmpty ? "" : ": \(reason.lowercased())")",
      remedy: "save the picture anew, or leave it out")
  }
}

#if Pictures
  extension Picture {
    private static func sizeOfPNG(_ file: FileBytes) throws(DataFileError) -> Size {
      var image = png_image()
      image.version = png_uint_32(cpng_version)
      defer { png_image_free(&image) }
      guard png_image_begin_read_from_memory(&image, file.bytes, file.bytes.count) != 0 else {
        throw damaged(file, message(image))
      }
      return Size(
        height: Int(image.height), width: Int(image.width),
        channels: cpng_has_colours(&image) != 0 ? 3 : 1)
    }

    private func pixelsOfPNG(_ size: Size) throws(DataFileError) -> [UInt8] {
      var image = png_image()
      image.version = png_uint_32(cpng_version)
      defer { png_image_free(&image) }
      var pixels = [UInt8](repeating: 0, count: size.count)
      var white = png_color(red: 255, green: 255, blue: 255)
      let bytes = file.bytes
      // libpng keeps the place of the bytes between both calls.
      let isRead = bytes.withUnsafeBufferPointer { buffer in
        guard png_image_begin_read_from_memory(&image, buffer.baseAddress, buffer.count) != 0
        else { return false }
        image.format = png_uint_32(size.channels == 1 ? cpng_grey : cpng_colours)
        return png_image_finish_read(&image, &white, &pixels, 0, nil) != 0
      }
      guard isRead else { throw Self.damaged(file, Self.message(image)) }
      return pixels
    }

    private static func message(_ image: png_image) -> String {
      withUnsafeBytes(of: image.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    private static func sizeOfJPEG(_ file: FileBytes) throws(DataFileError) -> Size {
      var size = cjpeg_size()
      try read(file, &size, into: nil)
      return Size(height: Int(size.height), width: Int(size.width), channels: Int(size.channels))
    }

    private func pixelsOfJPEG(_ size: Size) throws(DataFileError) -> [UInt8] {
      var pixels = [UInt8](repeating: 0, count: size.count)
      var whole = cjpeg_size(
        height: Int32(size.height), width: Int32(size.width), channels: Int32(size.channels))
      try pixels.withUnsafeMutableBufferPointer { buffer throws(DataFileError) in
        try Self.read(file, &whole, into: buffer.baseAddress)
      }
      return pixels
    }

    private static func read(
      _ file: FileBytes, _ size: inout cjpeg_size, into target: UnsafeMutablePointer<UInt8>?
    ) throws(DataFileError) {
      var message = [CChar](repeating: 0, count: Int(cjpeg_longest_message))
      guard cjpeg_read(file.bytes, file.bytes.count, &size, target, &message) != 0 else {
        let text = message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        throw damaged(file, String(decoding: text, as: UTF8.self))
      }
    }
  }
#else
  extension Picture {
    private static func sizeOfPNG(_ file: FileBytes) throws(DataFileError) -> Size {
      throw unread(file)
    }

    private static func sizeOfJPEG(_ file: FileBytes) throws(DataFileError) -> Size {
      throw unread(file)
    }

    private func pixelsOfPNG(_ size: Size) throws(DataFileError) -> [UInt8] {
      throw Self.unread(file)
    }

    private func pixelsOfJPEG(_ size: Size) throws(DataFileError) -> [UInt8] {
      throw Self.unread(file)
    }

    private static func unread(_ file: FileBytes) -> DataFileError {
      DataFileError(
        file.path, "is a picture, which this build does not read",
        remedy:
          "install libpng-dev and libjpeg-dev and build by Launch/run, or store the pixels as .npy")
    }
  }
#endif
