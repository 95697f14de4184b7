/// The IDX format of MNIST: two zero bytes, a type, the number of axes, each axis's size as a big-endian 32-bit
/// number, then the values, the last axis running fastest.
///
/// Source: http://yann.lecun.com/exdb/mnist/
public enum IDX {
  private static let unsignedBytes: UInt8 = 0x08
  private static let shorts: UInt8 = 0x0B
  private static let mostAxes = 8

  /// Reads a file, gzipped or not.
  ///
  /// - Throws: ``DataFileError`` for a file that cannot be read, is none of this format, or whose length is not
  ///   what its header says.
  public static func read(_ path: String) throws(DataFileError) -> FileArray {
    try decode(FileBytes(reading: path))
  }

  /// Decodes bytes.
  ///
  /// - Throws: As ``read(_:)``.
  public static func decode(_ file: FileBytes) throws(DataFileError) -> FileArray {
    let bytes = file.bytes
    func wrong(_ offset: Int, _ problem: String) -> DataFileError {
      DataFileError(
        file.path, at: .byte(offset), problem, remedy: "give an IDX file, as MNIST's are")
    }
    guard bytes.count >= 4, bytes[0] == 0, bytes[1] == 0 else {
      throw wrong(0, "the file does not begin as IDX files do (00 00, a type, a number of axes)")
    }
    guard bytes[2] == unsignedBytes || bytes[2] == shorts else {
      throw wrong(
        2, "the type is \(bytes[2]); 8 (bytes) and 11 (16-bit integers) can be read")
    }
    let axes = Int(bytes[3])
    guard 1...mostAxes ~= axes else {
      throw wrong(3, "there are \(axes) axes; 1 to \(mostAxes) are possible")
    }
    let start = 4 + 4 * axes
    guard bytes.count >= start else {
      throw wrong(bytes.count, "the file ends within its header of \(start) bytes")
    }
    let shape = (0..<axes).map { axis in
      bytes[(4 + 4 * axis)..<(8 + 4 * axis)].reduce(0) { $0 << 8 | Int($1) }
    }
    let size = bytes[2] == shorts ? 2 : 1
    guard let count = elementCount(shape), count <= (bytes.count - start) / size,
      count * size == bytes.count - start
    else {
      throw wrong(
        4,
        "the header says shape \(shape) of \(size)-byte numbers, and \(bytes.count - start) bytes follow"
      )
    }
    return FileArray(file, shape, storage(bytes, from: start, size))
  }

  private static func storage(_ bytes: [UInt8], from start: Int, _ size: Int) -> FileArray.Storage {
    if size == 1 { return .bytes(Array(bytes[start...])) }
    return .integers(
      stride(from: start, to: bytes.count, by: 2).map { index in
        Int32(Int16(bitPattern: UInt16(bytes[index]) << 8 | UInt16(bytes[index + 1])))
      })
  }
}

/// The product of an array's sizes, `nil` where it is beyond any number or a size is negative.
func elementCount(_ shape: [Int]) -> Int? {
  var count = 1
  for size in shape {
    let (product, overflow) = count.multipliedReportingOverflow(by: size)
    if overflow || size < 0 { return nil }
    count = product
  }
  return count
}
