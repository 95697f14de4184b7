/// Comma-separated numbers: a row a line, every row as long, and perhaps a first line of names.
public struct NumericTable: Sendable, Equatable {
  /// The columns' names; empty where the file has none.
  public let names: [String]
  /// The numbers, shape `[rows, columns]`.
  public let array: FileArray

  /// Reads a file, gzipped or not.
  ///
  /// - Throws: ``DataFileError`` for a file that cannot be read, rows of different lengths, or a cell that is no finite
  ///   number.
  public static func read(_ path: String) throws(DataFileError) -> NumericTable {
    try decode(FileBytes(reading: path))
  }

  /// Decodes bytes. Lines end with a line feed, or a carriage return and one; the last may be blank.
  ///
  /// - Throws: As ``read(_:)``.
  public static func decode(_ file: FileBytes) throws(DataFileError) -> NumericTable {
    var lines = file.bytes.split(
      separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    var reader = LineReader(path: file.path)
    for line in lines {
      try reader.read(line.last == UInt8(ascii: "\r") ? line.dropLast() : line)
    }
    guard let columns = reader.columns, !reader.values.isEmpty else {
      throw DataFileError(
        file.path, "holds no numbers", remedy: "give rows of comma-separated numbers")
    }
    let shape = [reader.values.count / columns, columns]
    return NumericTable(
      names: reader.names, array: FileArray(file, shape, .double(reader.values)))
  }

  /// The number of a column by its name, or by its number from 0; negative numbers count from the end.
  ///
  /// - Throws: ``DataFileError`` where there is none.
  public func column(_ word: String) throws(DataFileError) -> Int {
    let count = array.shape[1]
    if let index = names.firstIndex(of: word) { return index }
    if let number = Int(word), (-count..<count).contains(number) {
      return number < 0 ? count + number : number
    }
    let known = names.isEmpty ? "numbers 0 to \(count - 1)" : names.joined(separator: ", ")
    throw DataFileError(array.path, "has no column \(word)", remedy: "there are \(known)")
  }
}

/// Reads line by line.
private struct LineReader {
  let path: String
  var names: [String] = []
  var columns: Int?
  var values: [Double] = []
  private var line = 0

  init(path: String) { self.path = path }

  mutating func read(_ text: ArraySlice<UInt8>) throws(DataFileError) {
    line += 1
    let cells = text.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
    if let columns, cells.count != columns {
      throw wrong(
        cells.count, "the row has \(cells.count) cells and those before have \(columns)",
        "give every row as many")
    }
    columns = cells.count
    if line == 1, isHeader(cells) {
      names = cells.map { Self.text($0) }
      return
    }
    for (column, cell) in cells.enumerated() {
      values.append(try number(cell, column: column + 1))
    }
  }

  /// A first line without a single number is one of names.
  private func isHeader(_ cells: [ArraySlice<UInt8>]) -> Bool {
    cells.allSatisfy { Double(Self.text($0)) == nil && !$0.isEmpty }
  }

  private func number(_ cell: ArraySlice<UInt8>, column: Int) throws(DataFileError) -> Double {
    let text = Self.text(cell)
    if let value = Double(text), value.isFinite { return value }
    let shown = text.count > 40 ? text.prefix(40) + "..." : text[...]
    throw wrong(
      column, "\"\(shown)\" is no finite number",
      text.contains("\"")
        ? "write numbers without quotes"
        : "leave out rows with missing values, and columns of words")
  }

  private func wrong(_ column: Int, _ problem: String, _ remedy: String) -> DataFileError {
    DataFileError(path, at: .cell(line: line, column: column), problem, remedy: remedy)
  }

  /// A cell's text without the spaces around it.
  private static func text(_ cell: ArraySlice<UInt8>) -> String {
    let space = UInt8(ascii: " ")
    let start = cell.firstIndex { $0 != space } ?? cell.endIndex
    let end = cell.lastIndex { $0 != space }.map { $0 + 1 } ?? start
    return String(decoding: cell[start..<end], as: UTF8.self)
  }
}
