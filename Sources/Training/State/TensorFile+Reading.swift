import PlainText

extension TensorFile {
  /// The format's own bound, against headers that are there to exhaust the reader.
  private static let longestHeader = 100_000_000

  /// Reads a file. Nothing is believed before it is checked against the file's own size.
  ///
  /// - Throws: ``StateError`` where the file is missing, or any byte of it is not as the format says.
  public static func read(_ path: String) throws(StateError) -> TensorFile {
    try TensorFile(decoding: try DurableFile.read(path), named: path)
  }

  /// Decodes a file's bytes.
  ///
  /// - Parameters:
  ///   - bytes: The whole file.
  ///   - path: What errors call it.
  /// - Throws: ``StateError`` that says what is wrong, where, and with which tensor.
  public init(decoding bytes: [UInt8], named path: String) throws(StateError) {
    let content = try Self.content(of: bytes, path)
    let header: HeaderParser.Header
    do throws(HeaderParser.Failure) {
      var parser = HeaderParser(bytes[8..<content.startIndex])
      header = try parser.parse()
    } catch {
      throw Self.malformed(path, error.message, at: error.offset)
    }
    self.init(metadata: header.metadata, tensors: [])
    tensors.reserveCapacity(header.entries.count)
    // In the order of their bytes, tensors must cover the content without gaps. Where empty ones
    // share a place, that of the header counts.
    let entries = header.entries.enumerated().sorted { one, other in
      (one.element.begin, one.element.end, one.offset)
        < (other.element.begin, other.element.end, other.offset)
    }
    var end = 0
    for (_, entry) in entries {
      if let tensor = try Self.tensor(entry, in: content, after: end, path) {
        tensors.append(tensor)
      } else {
        unread.append(Unread(name: entry.name, type: entry.type))
      }
      end = entry.end
    }
    guard end == content.count else {
      throw Self.malformed(
        path, "\(content.count - end) bytes at its end belong to no tensor",
        at: content.startIndex + end)
    }
  }

  /// What follows the header, once its length is plausible.
  private static func content(
    of bytes: [UInt8], _ path: String
  ) throws(StateError) -> ArraySlice<UInt8> {
    guard bytes.count >= 8 else {
      throw malformed(path, "it has only \(bytes.count) bytes", at: bytes.count)
    }
    let length = (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[$1]) << (8 * UInt64($1)) }
    guard length <= UInt64(longestHeader) else {
      throw malformed(
        path, "a header of \(length) bytes is promised, and the format allows 100 MB", at: 0)
    }
    guard Int(length) <= bytes.count - 8 else {
      throw malformed(
        path, "a header of \(length) bytes is promised, and \(bytes.count - 8) follow", at: 0)
    }
    return bytes[(8 + Int(length))...]
  }

  /// One tensor, whose bytes must start where those before it ended; nil where its type is unknown.
  private static func tensor(
    _ entry: HeaderParser.Entry, in content: ArraySlice<UInt8>, after end: Int, _ path: String
  ) throws(StateError) -> NamedTensor? {
    let start = content.startIndex
    let name = entry.name.asShown
    func fault(_ what: String, at offset: Int) -> StateError {
      malformed(path, "tensor \(name) \(what)", tensor: name, at: start + offset)
    }
    guard entry.begin == end, entry.end >= entry.begin, entry.end <= content.count else {
      throw fault(
        "claims bytes \(entry.begin) to \(entry.end), but \(end) of \(content.count) are taken",
        at: end)
    }
    let type = NamedTensor.ElementType(rawValue: entry.type)
    let widened = WidenedType(rawValue: entry.type)
    guard let size = type?.byteCount ?? widened?.byteCount else { return nil }
    guard byteCount(of: entry.shape, size) == entry.end - entry.begin else {
      throw fault(
        "of shape \(entry.shape.description.asShown) cannot have \(entry.end - entry.begin) bytes",
        at: end)
    }
    let data = content[start + entry.begin..<start + entry.end]
    if let widened { return widened.tensor(entry.name, shape: entry.shape, data) }
    return type.map {
      NamedTensor(name: entry.name, type: $0, shape: entry.shape, data: Array(data))
    }
  }

  /// The bytes that a shape needs; nil where they cannot be counted. Empty tensors may have no other sizes than full
  /// ones, so that nobody who multiplies some of the sizes meets an overflow.
  private static func byteCount(of shape: [Int], _ size: Int) -> Int? {
    var count = size
    for size in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: max(size, 1))
      if overflow { return nil }
      count = product
    }
    return shape.contains(0) ? 0 : count
  }

  private static func malformed(
    _ path: String, _ what: String, tensor: String? = nil, at offset: Int
  ) -> StateError {
    StateError(
      .malformed, path, "no valid safetensors file: \(what); use another copy", tensor: tensor,
      offset: offset)
  }
}
