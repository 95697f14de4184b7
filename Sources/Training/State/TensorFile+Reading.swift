import Foundation

extension TensorFile {
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
  /// - Throws: ``StateError`` that says what is wrong, and with which tensor.
  public init(decoding bytes: [UInt8], named path: String) throws(StateError) {
    func malformed(_ what: String) -> StateError {
      StateError(.malformed, path, "no valid safetensors file: \(what); use another copy")
    }
    guard bytes.count >= 8 else { throw malformed("it has only \(bytes.count) bytes") }
    let length = (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[$1]) << (8 * UInt64($1)) }
    guard length <= UInt64(Self.longestHeader), Int(length) <= bytes.count - 8 else {
      throw malformed("a header of \(length) bytes is promised, and \(bytes.count - 8) follow")
    }
    let content = bytes[(8 + Int(length))...]
    var parser = HeaderParser(bytes[8..<8 + Int(length)])
    let header: HeaderParser.Header
    do throws(HeaderParser.Failure) { header = try parser.parse() } catch {
      throw malformed(error.message)
    }
    metadata = header.metadata
    tensors = []
    // In the order of their bytes, tensors must cover the content without gaps.
    var end = 0
    for entry in header.entries.sorted(by: { ($0.begin, $0.end) < ($1.begin, $1.end) }) {
      guard entry.begin == end, entry.end >= entry.begin, entry.end <= content.count else {
        throw malformed(
          "tensor \(entry.name) claims bytes \(entry.begin) to \(entry.end), but \(end) of "
            + "\(content.count) are taken")
      }
      guard let type = NamedTensor.ElementType(rawValue: entry.type) else {
        throw malformed("tensor \(entry.name) has the unknown type \(entry.type)")
      }
      let needed = entry.shape.reduce((value: type.byteCount, overflow: false)) { product, size in
        let (value, overflow) = product.value.multipliedReportingOverflow(by: size)
        return (value, product.overflow || overflow)
      }
      guard !needed.overflow, needed.value == entry.end - entry.begin else {
        throw malformed(
          "tensor \(entry.name) of shape \(entry.shape) cannot have \(entry.end - entry.begin) bytes"
        )
      }
      let start = content.startIndex
      tensors.append(
        NamedTensor(
          name: entry.name, type: type, shape: entry.shape,
          data: Array(content[start + entry.begin..<start + entry.end])))
      end = entry.end
    }
    guard end == content.count else {
      throw malformed("\(content.count - end) bytes at its end belong to no tensor")
    }
  }
}

/// A strict reader of the JSON that safetensors headers are: an object of objects, strings and lists of whole
/// numbers; nothing else, nothing twice.
struct HeaderParser {
  struct Entry {
    var name = ""
    var type = ""
    var shape: [Int] = []
    var begin = 0
    var end = 0
  }

  struct Header {
    var metadata: [TensorFile.Word] = []
    var entries: [Entry] = []
  }

  struct Failure: Error {
    let message: String
  }

  private let bytes: ArraySlice<UInt8>
  private var position: Int

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  mutating func parse() throws(Failure) -> Header {
    var header = Header()
    try members { parser, key throws(Failure) in
      if key == "__metadata__" {
        try parser.members { parser, key throws(Failure) in
          header.metadata.append(TensorFile.Word(key, try parser.string()))
        }
      } else {
        header.entries.append(try parser.entry(key))
      }
    }
    skipSpace()
    guard position == bytes.endIndex else { throw failure("something follows the object") }
    return header
  }

  private mutating func entry(_ name: String) throws(Failure) -> Entry {
    var entry = Entry(name: name)
    var found: Set<String> = []
    try members { parser, key throws(Failure) in
      found.insert(key)
      switch key {
      case "dtype": entry.type = try parser.string()
      case "shape": entry.shape = try parser.numbers()
      case "data_offsets":
        let offsets = try parser.numbers()
        guard offsets.count == 2 else { throw parser.failure("\(name) needs two offsets") }
        (entry.begin, entry.end) = (offsets[0], offsets[1])
      default: throw parser.failure("\(name) has the unknown member \(key)")
      }
    }
    guard found.count == 3 else { throw failure("\(name) lacks a member") }
    return entry
  }

  /// An object, member by member; no key may come twice.
  private mutating func members(
    _ read: (inout HeaderParser, String) throws(Failure) -> Void
  ) throws(Failure) {
    var keys: Set<String> = []
    try expect("{")
    if accept("}") { return }
    repeat {
      let key = try string()
      guard keys.insert(key).inserted else { throw failure("\(key) comes twice") }
      try expect(":")
      try read(&self, key)
    } while accept(",")
    try expect("}")
  }

  private mutating func numbers() throws(Failure) -> [Int] {
    var numbers: [Int] = []
    try expect("[")
    if accept("]") { return [] }
    repeat { numbers.append(try number()) } while accept(",")
    try expect("]")
    return numbers
  }

  private mutating func number() throws(Failure) -> Int {
    skipSpace()
    var value = 0
    let start = position
    while position < bytes.endIndex,
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position])
    {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(Int(bytes[position] - UInt8(ascii: "0")))
      guard !overflow, !carry else { throw failure("a number is too large") }
      value = sum
      position += 1
    }
    guard position > start else { throw failure("a whole number, 0 or more, is missing") }
    return value
  }

  private mutating func string() throws(Failure) -> String {
    try expect("\"")
    var text: [UInt8] = []
    while position < bytes.endIndex {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: text, as: UTF8.self) else {
          throw failure("a string is not UTF-8")
        }
        return string
      case UInt8(ascii: "\\"): text += try escaped()
      case 0..<0x20: throw failure("a control character stands in a string")
      default: text.append(byte)
      }
    }
    throw failure("a string does not end")
  }

  private mutating func escaped() throws(Failure) -> [UInt8] {
    guard position < bytes.endIndex else { throw failure("a string does not end") }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "u"):
      let digits = bytes[position...].prefix(4)
      guard digits.count == 4, let text = String(validating: digits, as: UTF8.self),
        text.allSatisfy(\.isHexDigit), let code = UInt32(text, radix: 16),
        let scalar = Unicode.Scalar(code)
      else { throw failure("an escape is no character") }
      position += 4
      return Array(String(Character(scalar)).utf8)
    default: throw failure("an escape is unknown")
    }
  }

  private mutating func skipSpace() {
    while position < bytes.endIndex, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) {
      position += 1
    }
  }

  private mutating func accept(_ character: Character) -> Bool {
    skipSpace()
    guard position < bytes.endIndex, bytes[position] == character.asciiValue else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ character: Character) throws(Failure) {
    guard accept(character) else { throw failure("\(character) is missing") }
  }

  private func failure(_ what: String) -> Failure {
    Failure(message: "\(what), at byte \(position - bytes.startIndex) of its header")
  }
}
