/// A table of separated values: columns of numbers and words, and perhaps a first line of names.
///
/// Where nobody says whether the first line names the columns, it does if it has no number, and not only words that
/// come again below; or if its numbers count 0, 1, 2, ... as libraries name the columns of an array, at least four of
/// them or beside a word that stands over numbers. Where that is unclear, reading ends with an error. A first column
/// without a name beside others that have one numbers or names the rows.
public struct Table: Sendable {
  /// The file's path.
  public let path: String
  /// The CRC-32 of the file's bytes.
  public let checksum: UInt32
  /// The columns' names; empty where the file has none.
  public private(set) var names: [String]
  /// How many columns there are.
  public let columnCount: Int
  private let cells: CSVCells
  private let bytes: [UInt8]
  private let decimal: TableFormat.Decimal
  /// The first row that is not of names.
  private let firstRow: Int

  /// What a cell holds.
  public enum Content: Sendable, Hashable {
    /// A finite number.
    case number(Double)
    /// Anything else.
    case word
    /// Nothing, or what stands for nothing: NA, N/A, NaN, null, None (in small letters, too) or ?.
    case missing
  }

  /// Reads a file, gzipped or not.
  ///
  /// - Throws: ``DataFileError`` for a file that cannot be read or is no text, rows of different lengths, or a first
  ///   line that may be names or not.
  public static func read(
    _ path: String, _ format: TableFormat = TableFormat()
  ) throws(DataFileError) -> Table {
    try decode(FileBytes(reading: path), format)
  }

  /// Decodes bytes.
  ///
  /// - Throws: As ``read(_:_:)``.
  public static func decode(
    _ file: FileBytes, _ format: TableFormat = TableFormat()
  ) throws(DataFileError) -> Table {
    let cells = try CSVCells(file, separator: try format.separatorByte(of: file))
    let isShort = try checkLengths(of: cells, file.path, format.header)
    let below = Table(file, cells, format.decimal, firstRow: 1)
    let isHeader =
      switch format.header {
      case .yes: true
      case .no: false
      case .auto: try below.isFirstLineOfNames(isShort: isShort)
      }
    var table = isHeader ? below : Table(file, cells, format.decimal, firstRow: 0)
    guard table.rowCount > 0 else {
      throw DataFileError(
        file.path, "holds no rows\(isHeader ? " but that of the names" : "")",
        remedy: "give rows of cells, separated by commas, semicolons or tabs")
    }
    if isHeader { table.names = try below.firstLine(missing: isShort ? 1 : 0) }
    return table
  }

  private init(
    _ file: FileBytes, _ cells: CSVCells, _ decimal: TableFormat.Decimal, firstRow: Int
  ) {
    (path, checksum, bytes) = (file.path, file.checksum, file.bytes)
    (self.cells, self.decimal, self.firstRow) = (cells, decimal, firstRow)
    columnCount = cells.rows.last?.count ?? 0
    names = []
  }

  /// Refuses rows of different lengths; gives whether the first is one shorter, as some write names where the rows
  /// have names of their own.
  private static func checkLengths(
    of cells: CSVCells, _ path: String, _ header: TableFormat.Header
  ) throws(DataFileError) -> Bool {
    guard let first = cells.rows.first, let second = cells.rows.dropFirst().first else {
      return false
    }
    let isShort = first.count + 1 == second.count && cells.rows.count > 2 && header != .no
    let count = isShort ? second.count : first.count
    if let odd = cells.rows.dropFirst().first(where: { $0.count != count }) {
      throw DataFileError(
        path, at: .cell(line: odd.line, column: min(odd.count, count + 1)),
        "the row has \(odd.count) cells and those before have \(count)",
        remedy: "give every row as many; quote cells that have separators in them")
    }
    return isShort
  }

  /// How many rows there are, without that of names.
  public var rowCount: Int { max(cells.rows.count - firstRow, 0) }

  /// The column that numbers or names the rows, if there is one: the first, without a name beside others that have one.
  public var indexColumn: Int? {
    guard let first = names.first, names.count > 1 else { return nil }
    return (first.isEmpty || first == "Unnamed: 0") && names.dropFirst().contains { !$0.isEmpty }
      ? 0 : nil
  }

  /// A column's name, or its number from 0 where it has none.
  public func name(ofColumn column: Int) -> String {
    names.isEmpty || names[column].isEmpty ? "column \(column)" : names[column]
  }

  /// The number of a column by its name, or by its number from 0; negative numbers count from the end.
  ///
  /// - Throws: ``DataFileError`` where there is none, or several have that name.
  public func column(_ word: String) throws(DataFileError) -> Int {
    let named = names.indices.filter { names[$0] == word }
    if named.count > 1 {
      throw DataFileError(
        path, "has \(named.count) columns called \(word)",
        remedy: "give one of their numbers: \(named.map(String.init).joined(separator: ", "))")
    }
    if let index = named.first { return index }
    if let number = Int(word), (-columnCount..<columnCount).contains(number) {
      return number < 0 ? columnCount + number : number
    }
    let shown = names.prefix(50).joined(separator: ", ") + (names.count > 50 ? ", ..." : "")
    throw DataFileError(
      path, "has no column \(word)",
      remedy: "there are \(names.isEmpty ? "numbers 0 to \(columnCount - 1)" : shown)")
  }

  /// What a cell holds.
  public func content(_ row: Int, _ column: Int) -> Content {
    let text = text(row, column)
    if Self.isMissing(text) { return .missing }
    let isPoint = decimal == .point || !text.contains(UInt8(ascii: ","))
    let number =
      isPoint
      ? DecimalNumber.value(of: text)
      : text.contains(UInt8(ascii: "."))
        ? nil
        : DecimalNumber.value(
          of: text.map { $0 == UInt8(ascii: ",") ? UInt8(ascii: ".") : $0 })
    return number.map { .number($0) } ?? .word
  }

  /// A cell's text, without quotes and the spaces around it; nil where it is missing.
  ///
  /// - Throws: ``DataFileError`` for text that is no UTF-8.
  public func word(_ row: Int, _ column: Int) throws(DataFileError) -> String? {
    let text = text(row, column)
    if Self.isMissing(text) { return nil }
    guard let word = String(validating: text, as: UTF8.self) else {
      throw DataFileError(
        path, at: place(row, column), "the text is no UTF-8", remedy: "save the file as UTF-8")
    }
    return word
  }

  /// Where a cell is in the file.
  public func place(_ row: Int, _ column: Int) -> DataFileError.Place {
    .cell(line: cells.rows[firstRow + row].line, column: column + 1)
  }

  private func text(_ row: Int, _ column: Int) -> ArraySlice<UInt8> {
    let cell = cells.cells[cells.rows[firstRow + row].first + column]
    let text = bytes[Int(cell.start)..<Int(cell.start) + Int(cell.count)]
    let quote = UInt8(ascii: "\"")
    guard text.first == quote else { return text }
    let inside = text.dropFirst().dropLast()
    guard inside.contains(quote) else { return inside }
    // Quotes inside are doubled: of each two the second goes.
    var isSecond = false
    return inside.filter { byte in
      isSecond = byte == quote && !isSecond
      return byte != quote || isSecond
    }[...]
  }

  private static func isMissing(_ text: ArraySlice<UInt8>) -> Bool {
    text.isEmpty || text.count <= 4 && missingMarks.contains(where: text.elementsEqual)
  }

  private static let missingMarks = [
    "?", "NA", "na", "N/A", "n/a", "NaN", "nan", "NAN", "null", "NULL", "None", "none",
  ].map { Array($0.utf8) }
}
