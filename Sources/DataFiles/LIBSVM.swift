/// The text format of LIBSVM: a line an example, its target, then pairs INDEX:VALUE of what is not 0, parted by spaces.
/// What follows # is a comment. Indices rise; they count from 1, or from 0 where some index is 0.
///
/// Source: C.-C. Chang and C.-J. Lin, "LIBSVM: a library for support vector machines", 2011, and its README.
public enum LIBSVM {
  /// The largest index, that of the largest sets that are published by a good margin.
  private static let largestIndex = 1 << 30

  /// Reads a file, gzipped or not.
  ///
  /// - Throws: ``DataFileError`` for a file that cannot be read or is none of this format.
  public static func read(_ path: String) throws(DataFileError) -> SparseTable {
    try decode(FileBytes(reading: path))
  }

  /// Decodes bytes.
  ///
  /// - Throws: As ``read(_:)``.
  public static func decode(_ file: FileBytes) throws(DataFileError) -> SparseTable {
    var reader = LIBSVMReader(file)
    try reader.readLines()
    guard !reader.targets.isEmpty else {
      throw DataFileError(file.path, "holds no example", remedy: LIBSVMReader.remedy)
    }
    let first: Int32 = reader.hasZero ? 0 : 1
    if first == 1 {
      for index in reader.columns.indices { reader.columns[index] -= 1 }
    }
    let matrix = SparseMatrix(
      columnCount: Int(reader.largest + 1 - first), starts: reader.starts,
      columns: reader.columns, values: reader.values)
    return SparseTable(
      path: file.path, checksum: file.checksum, matrix: matrix, targets: reader.targets)
  }

  /// Whether the first line that has more than one word is one of this format.
  static func isLikely(_ bytes: [UInt8]) -> Bool {
    let start = bytes[..<min(bytes.count, 1 << 16)]
    for line in start.split(separator: UInt8(ascii: "\n")).prefix(linesToJudge) {
      let words = LIBSVMReader.words(of: line)
      guard let target = words.first else { continue }
      let isNumber = DecimalNumber.value(of: target) != nil
      guard isNumber, words.dropFirst().allSatisfy(LIBSVMReader.isPair) else { return false }
      if words.count > 1 { return true }
    }
    return false
  }

  private static var linesToJudge: Int { 20 }

  /// Where an index stops being one.
  static func isIndex(_ index: Int) -> Bool { index <= largestIndex }
}

/// Goes through the lines.
private struct LIBSVMReader {
  static let remedy =
    "write lines such as: 1 3:0.5 7:2 (a target, then INDEX:VALUE with rising indices)"

  private let path: String
  private let bytes: [UInt8]
  private(set) var targets: [Double] = []
  private(set) var starts: [Int] = [0]
  var columns: [Int32] = []
  private(set) var values: [Double] = []
  private(set) var largest: Int32 = -1
  private(set) var hasZero = false
  private var line = 0

  init(_ file: FileBytes) { (path, bytes) = (file.path, file.bytes) }

  mutating func readLines() throws(DataFileError) {
    var start = bytes.startIndex
    while start < bytes.endIndex {
      let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.endIndex
      line += 1
      let words = Self.words(of: bytes[start..<end])
      if !words.isEmpty { try take(words) }
      start = end + 1
    }
  }

  /// The words of a line, without its comment.
  static func words(of line: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
    line.prefix { $0 != UInt8(ascii: "#") }.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
  }

  /// Whether a word is INDEX:VALUE or qid:GROUP.
  static func isPair(_ word: ArraySlice<UInt8>) -> Bool {
    guard let colon = word.firstIndex(of: UInt8(ascii: ":")) else { return false }
    let (name, value) = (word[..<colon], word[(colon + 1)...])
    return (index(name) != nil || name.elementsEqual("qid".utf8))
      && DecimalNumber.value(of: value) != nil
  }

  private mutating func take(_ words: [ArraySlice<UInt8>]) throws(DataFileError) {
    targets.append(try target(words[0]))
    var last: Int32 = -1
    for (number, word) in words.enumerated().dropFirst() {
      let (index, value) = try pair(word, number)
      guard index > last else {
        throw wrong(
          number, "index \(index) does not follow \(last): indices must rise", Self.remedy)
      }
      last = index
      if index == 0 { hasZero = true }
      columns.append(index)
      values.append(value)
    }
    largest = max(largest, last)
    starts.append(columns.count)
  }

  private func target(_ word: ArraySlice<UInt8>) throws(DataFileError) -> Double {
    if let value = DecimalNumber.value(of: word) { return value }
    let shown = Self.shown(word)
    if word.contains(UInt8(ascii: ",")) {
      throw wrong(0, "\(shown) is more than one target", "give one target an example")
    }
    if word.contains(UInt8(ascii: ":")) {
      throw wrong(
        0, "the line begins with \(shown), without a target", "begin it with one, 0 if unknown")
    }
    throw wrong(0, "the target \(shown) is no finite number", "number the classes")
  }

  private func pair(
    _ word: ArraySlice<UInt8>, _ number: Int
  ) throws(DataFileError) -> (Int32, Double) {
    guard let colon = word.firstIndex(of: UInt8(ascii: ":")) else {
      throw wrong(number, "\(Self.shown(word)) is no pair INDEX:VALUE", Self.remedy)
    }
    let name = word[..<colon]
    if name.elementsEqual("qid".utf8) {
      throw wrong(number, "groups of queries (qid) are not known here", "leave qid out")
    }
    guard let index = Self.index(name) else {
      throw wrong(
        number, "the index of \(Self.shown(word)) is not a whole number from 0 to 2^30", Self.remedy
      )
    }
    guard let value = DecimalNumber.value(of: word[(colon + 1)...]) else {
      throw wrong(number, "the value of \(Self.shown(word)) is no finite number", Self.remedy)
    }
    return (index, value)
  }

  private static func index(_ digits: ArraySlice<UInt8>) -> Int32? {
    guard !digits.isEmpty, digits.count <= 10 else { return nil }
    var index = 0
    for digit in digits {
      guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= digit else { return nil }
      index = index * 10 + Int(digit - UInt8(ascii: "0"))
    }
    return LIBSVM.isIndex(index) ? Int32(index) : nil
  }

  private static func shown(_ word: ArraySlice<UInt8>) -> String {
    let text = String(decoding: word.prefix(40), as: UTF8.self)
    return (word.count > 40 ? text + "..." : text).debugDescription
  }

  /// An error at a word of the line, from 0.
  private func wrong(_ word: Int, _ problem: String, _ remedy: String) -> DataFileError {
    DataFileError(path, at: .cell(line: line, column: word + 1), problem, remedy: remedy)
  }
}
