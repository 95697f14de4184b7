/// The IDX format of MNIST: two zero bytes, a type, the number of axes, each axis's size as a big-endian 32-bit
/// number, then the values, the last axis running fastest.
///
/// Source: http://yann.lecun.com/exdb/mnist/
public enum IDX {
  /// The types of numbers, by their code in the file.
  private enum Kind: UInt8, CaseIterable {
    case uint8 = 0x08
    case int8 = 0x09
    case int16 = 0x0B
    case int32 = 0x0C
    case float32 = 0x0D
    case float64 = 0x0E

    var size: Int {
      switch self {
      case .uint8, .int8: 1
      case .int16: 2
      case .int32, .float32: 4
      case .float64: 8
      }
    }
  }

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
    guard let kind = Kind(rawValue: bytes[2]) else {
      throw wrong(
        2,
        "the type \(bytes[2]) is none of "
          + Kind.allCases.map { "\($0.rawValue) (\($0))" }.joined(separator: ", "))
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
    guard let count = elementCount(shape), count <= (bytes.count - start) / kind.size,
      count * kind.size == bytes.count - start
    else {
      throw wrong(
        4,
        "the header says shape \(shape) of \(kind.size)-byte numbers, and \(bytes.count - start) bytes follow"
      )
    }
    return FileArray(file, "\(kind)", shape, storage(bytes[start...], kind))
  }

  private static func storage(_ bytes: ArraySlice<UInt8>, _ kind: Kind) -> FileArray.Storage {
    switch kind {
    case .uint8: .bytes(Array(bytes))
    case .int8: .integers(bytes.map { Int32(Int8(bitPattern: $0)) })
    case .int16: .integers(words(bytes).map { (word: UInt16) in Int32(Int16(bitPattern: word)) })
    case .int32: .integers(words(bytes).map { (word: UInt32) in Int32(bitPattern: word) })
    case .float32: .single(words(bytes).map { (word: UInt32) in Float(bitPattern: word) })
    case .float64: .double(words(bytes).map { (word: UInt64) in Double(bitPattern: word) })
    }
  }

  /// Big-endian words.
  private static func words<Word: FixedWidthInteger>(_ bytes: ArraySlice<UInt8>) -> [Word] {
    let size = MemoryLayout<Word>.size
    return bytes.withUnsafeBytes { buffer in
      (0..<buffer.count / size).map {
        Word(bigEndian: buffer.loadUnaligned(fromByteOffset: $0 * size, as: Word.self))
      }
    }
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
