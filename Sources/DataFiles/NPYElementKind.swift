/// A number's type in a .npy file, such as `<f4`.
struct NPYElementKind: Sendable {
  let size: Int
  let isBigEndian: Bool
  private let letter: Character

  /// The type without its byte order: `f4`.
  var name: String { "\(letter)\(size)" }

  /// The type as NumPy writes it: `float32`.
  var word: String {
    switch letter {
    case "b": "bool"
    case "i": "int\(8 * size)"
    case "u": "uint\(8 * size)"
    default: "float\(8 * size)"
    }
  }

  init?(_ text: String) {
    let characters = Array(text)
    guard characters.count == 3, "<>|=".contains(characters[0]),
      let size = characters[2].wholeNumberValue
    else { return nil }
    switch (characters[1], size) {
    case ("b", 1), ("i", 1), ("i", 2), ("i", 4), ("i", 8), ("u", 1), ("u", 2), ("u", 4), ("f", 2),
      ("f", 4), ("f", 8):
      self.size = size
    default: return nil
    }
    letter = characters[1]
    isBigEndian = characters[0] == ">"
  }

  /// All numbers of this type that bytes hold, as compactly as they are there.
  func storage(_ bytes: ArraySlice<UInt8>, count: Int) -> FileArray.Storage {
    func all<Word: FixedWidthInteger, Number>(
      _: Word.Type, _ number: (Word) -> Number
    ) -> [Number] {
      bytes.withUnsafeBytes { bytes in (0..<count).map { number(word(of: bytes, $0)) } }
    }
    switch (letter, size) {
    case ("i", 1): return .integers(all(Int8.self) { Int32($0) })
    case ("i", 2): return .integers(all(Int16.self) { Int32($0) })
    case ("u", 2): return .integers(all(UInt16.self) { Int32($0) })
    case ("i", 4): return .integers(all(Int32.self) { $0 })
    // Beyond what 32 signed bits hold.
    case ("u", 4): return .double(all(UInt32.self) { Double($0) })
    case ("i", 8): return .double(all(Int64.self) { Double($0) })
    case ("f", 2): return .single(all(UInt16.self) { Float(Float16(bitPattern: $0)) })
    case ("f", 4): return .single(all(UInt32.self) { Float(bitPattern: $0) })
    case ("f", 8): return .double(all(UInt64.self) { Double(bitPattern: $0) })
    default: return .bytes(Array(bytes))
    }
  }

  /// Writes numbers of this type that follow each other.
  ///
  /// - Parameters:
  ///   - bytes: Where they lie.
  ///   - target: As many numbers.
  func write(_ bytes: UnsafeRawBufferPointer, to target: UnsafeMutableBufferPointer<Double>) {
    func each<Word: FixedWidthInteger>(_: Word.Type, _ number: (Word) -> Double) {
      for index in target.indices { target[index] = number(word(of: bytes, index)) }
    }
    switch (letter, size) {
    case ("i", 1): each(Int8.self) { Double($0) }
    case ("i", 2): each(Int16.self) { Double($0) }
    case ("u", 2): each(UInt16.self) { Double($0) }
    case ("i", 4): each(Int32.self) { Double($0) }
    case ("u", 4): each(UInt32.self) { Double($0) }
    case ("i", 8): each(Int64.self) { Double($0) }
    case ("f", 2): each(UInt16.self) { Double(Float16(bitPattern: $0)) }
    case ("f", 4): each(UInt32.self) { Double(Float(bitPattern: $0)) }
    case ("f", 8): each(UInt64.self) { Double(bitPattern: $0) }
    default: each(UInt8.self) { Double($0) }
    }
  }

  /// The bits of one of the numbers, on a processor that has the lowest byte first.
  func word<Word: FixedWidthInteger>(of bytes: UnsafeRawBufferPointer, _ index: Int) -> Word {
    let word = bytes.loadUnaligned(fromByteOffset: index * size, as: Word.self)
    return isBigEndian ? word.byteSwapped : word
  }
}
