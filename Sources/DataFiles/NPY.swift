/// The .npy format of NumPy, versions 1 to 3: arrays of whole and floating-point numbers in either byte order, in C or
/// Fortran order. Arrays of objects, which are programs, are refused.
///
/// Source: NumPy, "numpy.lib.format".
public enum NPY {
  private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  private static let longestHeader = 1 << 20
  private static let mostAxes = 32

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
    let (header, kind, count, start) = try parts(of: file, byteCount: file.bytes.count)
    let stored = kind.storage(file.bytes[start...], count: count)
    return FileArray(
      file, kind.word, header.shape, header.isFortran ? reordered(stored, header.shape) : stored)
  }

  /// Decodes bytes to an array in the file's own type.
  ///
  /// - Throws: As ``read(_:)``.
  package static func decodeRaw(_ file: FileBytes) throws(DataFileError) -> RawArray {
    let (header, kind, count, start) = try parts(of: file, byteCount: file.bytes.count)
    let stored = file.bytes[start...]
    // Of large files most are as they will be.
    guard header.isFortran || (kind.isBigEndian && kind.size > 1) else {
      return RawArray(type: kind.name, shape: header.shape, bytes: Array(stored))
    }
    let bytes =
      switch kind.size {
      case 1: littleEndian(stored, count, UInt8.self, header, kind)
      case 2: littleEndian(stored, count, UInt16.self, header, kind)
      case 4: littleEndian(stored, count, UInt32.self, header, kind)
      default: littleEndian(stored, count, UInt64.self, header, kind)
      }
    return RawArray(type: kind.name, shape: header.shape, bytes: bytes)
  }

  /// The bytes of elements of a size, the last axis running fastest.
  private static func littleEndian<Word: FixedWidthInteger>(
    _ stored: ArraySlice<UInt8>, _ count: Int, _: Word.Type, _ header: NPYHeader,
    _ kind: NPYElementKind
  ) -> [UInt8] {
    var words: [Word] = stored.withUnsafeBytes { bytes in
      (0..<count).map { kind.word(of: bytes, $0) }
    }
    if header.isFortran { words = reordered(words, header.shape) }
    return words.withUnsafeBytes { Array($0) }
  }

  /// The text of a file that holds one, of type `|S3` or `<U3`; nil where it holds something else.
  ///
  /// - Throws: As ``read(_:)``.
  static func text(_ file: FileBytes) throws(DataFileError) -> String? {
    let (header, start) = try header(of: file)
    let (kind, content) = (header.type.prefix(2), file.bytes[start...])
    let width = kind == "|S" ? 1 : kind == "<U" ? 4 : 0
    guard width > 0, elementCount(header.shape) == 1, let length = Int(header.type.dropFirst(2)),
      length.multipliedReportingOverflow(by: width) == (content.count, false)
    else { return nil }
    // Of wide characters, those that formats are called by have their first byte alone.
    let characters = stride(from: start, to: file.bytes.count, by: width).map { file.bytes[$0] }
    return String(decoding: characters.prefix { $0 != 0 }, as: UTF8.self)
  }

  private static func wrong(
    _ file: FileBytes, _ offset: Int, _ problem: String
  ) -> DataFileError {
    DataFileError(
      file.path, at: .byte(offset), problem, remedy: "give an array saved by numpy.save")
  }

  /// An array as it lies in its file, which the system maps into memory.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - least: The fewest bytes that are mapped.
  /// - Returns: The array; nil for files that are no such one, are gzipped, in Fortran order or shorter than that pays.
  /// - Throws: ``DataFileError`` for a file that cannot be read, or whose length is not what its header says.
  package static func mapped(
    _ path: String, atLeast least: Int = MappedFile.leastBytes
  ) throws(DataFileError) -> MappedArray? {
    let file = try MappedFile(path)
    guard file.bytes.count >= least, file.bytes.starts(with: magic) else { return nil }
    let head = try FileBytes(path, Array(file.bytes.prefix(longestHeader + 16)))
    let (header, kind, _, start) = try parts(of: head, byteCount: file.bytes.count)
    return header.isFortran
      ? nil : MappedArray(file: file, shape: header.shape, kind: kind, start: start)
  }

  /// The file's header, and where its numbers begin.
  private static func header(
    of file: FileBytes
  ) throws(DataFileError) -> (header: NPYHeader, start: Int) {
    let bytes = file.bytes
    func wrong(_ offset: Int, _ problem: String) -> DataFileError {
      Self.wrong(file, offset, problem)
    }
    guard bytes.count >= 10, Array(bytes[..<6]) == magic else {
      throw wrong(0, "the file does not begin as .npy files do")
    }
    guard 1...3 ~= bytes[6] else { throw wrong(6, "version \(bytes[6]) of the format is unknown") }
    let lengthBytes = bytes[6] == 1 ? 2 : 4
    guard bytes.count >= 8 + lengthBytes else { throw wrong(bytes.count, "the file ends early") }
    let length = bytes[8..<8 + lengthBytes].reversed().reduce(0) { $0 << 8 | Int($1) }
    let start = 8 + lengthBytes + length
    guard length <= longestHeader, start <= bytes.count else {
      throw wrong(8, "the header's length \(length) is more than the file has")
    }
    guard let header = NPYHeader(bytes[8 + lengthBytes..<start]) else {
      throw wrong(
        8 + lengthBytes, "the header is not a dictionary of descr, fortran_order and shape")
    }
    return (header, start)
  }

  /// The file's header, once its length is that of the file, of which the beginning is enough.
  private static func parts(
    of file: FileBytes, byteCount: Int
  ) throws(DataFileError) -> (header: NPYHeader, kind: NPYElementKind, count: Int, start: Int) {
    let (header, start) = try header(of: file)
    let bytes = file.bytes
    guard let kind = NPYElementKind(header.type) else {
      throw wrong(
        file, bytes[6] == 1 ? 10 : 12,
        "the type \(header.type.debugDescription) is not among b1, i1, i2, i4, i8, u1, u2, u4, f2, f4, f8"
      )
    }
    guard header.shape.count <= mostAxes, let count = elementCount(header.shape),
      count <= (byteCount - start) / kind.size, count * kind.size == byteCount - start
    else {
      throw wrong(
        file, start,
        "the header says shape \(header.shape) of \(kind.size)-byte numbers, and "
          + "\(byteCount - start) bytes follow")
    }
    return (header, kind, count, start)
  }

  /// From the first axis running fastest to the last.
  private static func reordered(
    _ storage: FileArray.Storage, _ shape: [Int]
  ) -> FileArray.Storage {
    switch storage {
    case .bytes(let values): .bytes(reordered(values, shape))
    case .integers(let values): .integers(reordered(values, shape))
    case .single(let values): .single(reordered(values, shape))
    case .double(let values): .double(reordered(values, shape))
    }
  }

  private static func reordered<Value>(_ values: [Value], _ shape: [Int]) -> [Value] {
    guard !values.isEmpty else { return [] }
    var strides: [Int] = []
    var stride = 1
    for size in shape {
      strides.append(stride)
      stride *= size
    }
    var index = [Int](repeating: 0, count: shape.count)
    var source = 0
    return values.indices.map { _ in
      let value = values[source]
      // Counts on, the last axis running fastest.
      for axis in shape.indices.reversed() {
        index[axis] += 1
        source += strides[axis]
        if index[axis] < shape[axis] { break }
        source -= index[axis] * strides[axis]
        index[axis] = 0
      }
      return value
    }
  }
}

/// The header's dictionary: exactly the keys descr, fortran_order and shape, with values of the kinds that NumPy
/// writes; nothing else that Python would take.
private struct NPYHeader {
  private(set) var type = ""
  private(set) var isFortran = false
  private(set) var shape: [Int] = []
  private var rest: ArraySlice<UInt8>

  init?(_ bytes: ArraySlice<UInt8>) {
    rest = bytes
    guard take("{") else { return nil }
    var seen: Set<String> = []
    while !take("}") {
      guard let key = takeString(), take(":"), seen.insert(key).inserted else { return nil }
      switch key {
      case "descr":
        guard let text = takeString() else { return nil }
        type = text
      case "fortran_order":
        if takeWord("True") { isFortran = true } else if !takeWord("False") { return nil }
      case "shape":
        guard let sizes = takeTuple() else { return nil }
        shape = sizes
      default: return nil
      }
      if !take(",") {
        guard take("}") else { return nil }
        break
      }
    }
    skipSpaces()
    guard rest.isEmpty, seen.count == 3 else { return nil }
  }

  private mutating func skipSpaces() {
    rest = rest.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipSpaces()
    guard rest.first == UInt8(ascii: character) else { return false }
    rest = rest.dropFirst()
    return true
  }

  private mutating func takeWord(_ word: String) -> Bool {
    skipSpaces()
    guard rest.starts(with: word.utf8) else { return false }
    rest = rest.dropFirst(word.utf8.count)
    return true
  }

  private mutating func takeString() -> String? {
    skipSpaces()
    guard let quote = rest.first, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
      return nil
    }
    rest = rest.dropFirst()
    guard let end = rest.firstIndex(of: quote) else { return nil }
    defer { rest = rest[(end + 1)...] }
    return String(decoding: rest[..<end], as: UTF8.self)
  }

  private mutating func takeTuple() -> [Int]? {
    guard take("(") else { return nil }
    var sizes: [Int] = []
    while !take(")") {
      guard let size = takeNumber() else { return nil }
      sizes.append(size)
      if !take(",") {
        guard take(")") else { return nil }
        break
      }
    }
    return sizes
  }

  private mutating func takeNumber() -> Int? {
    skipSpaces()
    let digits = rest.prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    guard !digits.isEmpty, digits.count <= 18 else { return nil }
    rest = rest[digits.endIndex...]
    // Python 2 wrote long numbers so.
    if rest.first == UInt8(ascii: "L") { rest = rest.dropFirst() }
    return Int(String(decoding: digits, as: UTF8.self))
  }
}
