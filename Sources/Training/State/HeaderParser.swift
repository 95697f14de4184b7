import PlainText

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
    /// The byte of the file.
    let offset: Int
  }

  private let bytes: ArraySlice<UInt8>
  private var position: Int

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  mutating func parse() throws(Failure) -> Header {
    var header = Header()
    guard bytes.first == UInt8(ascii: "{") else { throw failure("{ is missing") }
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
        guard offsets.count == 2 else { throw parser.failure("\(name.asShown) needs two offsets") }
        (entry.begin, entry.end) = (offsets[0], offsets[1])
      default: throw parser.failure("\(name.asShown) has the unknown member \(key.asShown)")
      }
    }
    guard found.count == 3 else { throw failure("\(name.asShown) lacks a member") }
    return entry
  }

  /// An object, member by member; no key may come twice.
  private mutating func members(
    _ read: (inout HeaderParser, String) throws(Failure) -> Void
  ) throws(Failure) {
    // By their code points: names that Unicode calls equivalent are two.
    var keys: Set<[UInt8]> = []
    try expect("{")
    if accept("}") { return }
    repeat {
      let key = try string()
      guard keys.insert(Array(key.utf8)).inserted else {
        throw failure("\(key.asShown) comes twice")
      }
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
    guard bytes[start] != UInt8(ascii: "0") || position == start + 1 else {
      throw failure("a number starts with 0")
    }
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
    case UInt8(ascii: "u"): return Array(String(Character(try escapedScalar())).utf8)
    default: throw failure("an escape is unknown")
    }
  }

  /// A character by its code; one beyond 16 bits comes as two, a pair of surrogates.
  private mutating func escapedScalar() throws(Failure) -> Unicode.Scalar {
    let first = try hexadecimal()
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard bytes[position...].starts(with: "\\u".utf8) else {
      throw failure("an escape is half a character")
    }
    position += 2
    let second = try hexadecimal()
    guard (0xD800...0xDBFF).contains(first), (0xDC00...0xDFFF).contains(second),
      let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    else { throw failure("an escape is half a character") }
    return scalar
  }

  private mutating func hexadecimal() throws(Failure) -> UInt32 {
    var code: UInt32 = 0
    for byte in bytes[position...].prefix(4) {
      guard byte < 0x80, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw failure("an escape is no character")
      }
      code = code << 4 | UInt32(digit)
    }
    guard bytes.endIndex - position >= 4 else { throw failure("a string does not end") }
    position += 4
    return code
  }

  private mutating func skipSpace() {
    while position < bytes.endIndex {
      switch bytes[position] {
      case 0x20, 0x09, 0x0A, 0x0D: position += 1
      default: return
      }
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
    Failure(
      message: "\(what), at byte \(position - bytes.startIndex) of its header", offset: position)
  }
}
