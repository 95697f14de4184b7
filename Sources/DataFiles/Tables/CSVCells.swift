/// The cells of separated values (RFC 4180), as places in the file's bytes. Lines end with a line feed, a carriage return
/// or both; cells may be quoted, with quotes inside doubled and line ends kept; spaces around cells, and blank lines, do
/// not count.
struct CSVCells: Sendable {
  /// A cell's bytes in the file, with its quotes; files have at most 2^32 bytes.
  struct Cell: Sendable {
    let start: UInt32
    let count: UInt32
  }

  /// A row: its first cell, how many it has, and the line that it begins on, from 1.
  struct Row: Sendable {
    let first: Int
    let count: Int
    let line: Int
  }

  /// All cells, row by row.
  private(set) var cells: [Cell] = []
  /// The rows.
  private(set) var rows: [Row] = []
  private let path: String
  private let bytes: [UInt8]
  private let separator: UInt8
  private var position: Int
  private var line = 1

  /// Cuts a file's text.
  ///
  /// - Parameters:
  ///   - file: The file; a byte order mark at its beginning does not count.
  ///   - separator: The character between cells.
  ///   - mostRows: Ends after so many rows.
  /// - Throws: ``DataFileError`` for UTF-16, a byte of zero, or a quote that does not end as it should.
  init(_ file: FileBytes, separator: UInt8, mostRows: Int = .max) throws(DataFileError) {
    path = file.path
    bytes = file.bytes
    self.separator = separator
    position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    try refuseOtherEncodings()
    while position < bytes.count, rows.count < mostRows { try takeRow() }
  }

  private func refuseOtherEncodings() throws(DataFileError) {
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      throw DataFileError(path, at: .byte(0), "the text is UTF-16", remedy: "save it as UTF-8")
    }
    if let zero = bytes.firstIndex(of: 0) {
      throw DataFileError(
        path, at: .byte(zero), "there is a byte of zero", remedy: "give a text file, in UTF-8")
    }
  }

  private mutating func takeRow() throws(DataFileError) {
    let (first, start) = (cells.count, line)
    var column = 0
    repeat {
      column += 1
      try takeCell(column)
    } while take(separator)
    // A carriage return and a line feed are one end.
    let hasReturn = take(UInt8(ascii: "\r"))
    if take(UInt8(ascii: "\n")) || hasReturn { line += 1 }
    if column == 1, cells[first].count == 0 {
      cells.removeLast()
    } else {
      rows.append(Row(first: first, count: column, line: start))
    }
  }

  private mutating func takeCell(_ column: Int) throws(DataFileError) {
    skipSpaces()
    let start = position
    var end = start
    if position < bytes.count, bytes[position] == UInt8(ascii: "\"") {
      try skipQuoted(column)
      end = position
      skipSpaces()
      guard isAtEndOfCell else {
        throw wrong(column, line, "text follows the quote that ends the cell")
      }
    }
    while !isAtEndOfCell {
      position += 1
      if bytes[position - 1] != UInt8(ascii: " ") { end = position }
    }
    cells.append(Cell(start: UInt32(start), count: UInt32(end - start)))
  }

  /// Goes from the quote that begins a cell to behind the one that ends it.
  private mutating func skipQuoted(_ column: Int) throws(DataFileError) {
    let start = line
    position += 1
    while position < bytes.count {
      position += 1
      switch bytes[position - 1] {
      case UInt8(ascii: "\""): if !take(UInt8(ascii: "\"")) { return }
      case UInt8(ascii: "\n"): line += 1
      default: break
      }
    }
    throw wrong(column, start, "a quote begins here and does not end")
  }

  private var isAtEndOfCell: Bool {
    guard position < bytes.count else { return true }
    let byte = bytes[position]
    return byte == separator || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
  }

  private mutating func skipSpaces() {
    while position < bytes.count, bytes[position] == UInt8(ascii: " ") { position += 1 }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  private func wrong(_ column: Int, _ line: Int, _ problem: String) -> DataFileError {
    DataFileError(
      path, at: .cell(line: line, column: column), problem,
      remedy: "quote whole cells, and double the quotes inside them")
  }
}
