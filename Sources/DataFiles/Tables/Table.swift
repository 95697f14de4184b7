/// A table: columns of numbers and words, and perhaps a first line of names, of separated values; or numbers of another
/// format: LIBSVM text, arrays of NumPy, SciPy's sparse rows, IDX.
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
  /// What the file is.
  public let format: DataFormat
  private let content: any TableContent

  /// What a cell holds.
  public enum Content: Sendable, Hashable {
    /// A finite number.
    case number(Double)
    /// Anything else.
    case word
    /// Nothing, or what stands for nothing: NA, N/A, NaN, null, None (in small letters, too) or ?.
    case missing
  }

  /// Reads a file, gzipped or not: separated values, LIBSVM text, an .npy or IDX array, or an .npz archive.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - format: How separated values are written.
  ///   - targets: A file of one target a row, where the first has none: they become the last column.
  /// - Returns: The table.
  /// - Throws: ``DataFileError`` for a file that cannot be read or is no table, rows of different lengths, or a first
  ///   line that may be names or not.
  public static func read(
    _ path: String, _ format: TableFormat = TableFormat(), targets: String? = nil
  ) throws(DataFileError) -> Table {
    try read(path, format, targets: targets, mappingFrom: MappedFile.leastBytes)
  }

  /// The same, which says of how many bytes .npy files stay where they are.
  package static func read(
    _ path: String, _ format: TableFormat = TableFormat(), targets: String?,
    mappingFrom least: Int
  ) throws(DataFileError) -> Table {
    let targets = try targets.map { path throws(DataFileError) in try FileBytes(reading: path) }
    if let array = try NPY.mapped(path, atLeast: least) {
      return Table(
        path, array.file.checksum, try NumberTable(array, targets: targets), .npy)
    }
    return try decode(FileBytes(reading: path), format, targets: targets)
  }

  /// Decodes bytes.
  ///
  /// - Throws: As ``read(_:_:targets:)``.
  public static func decode(
    _ file: FileBytes, _ format: TableFormat = TableFormat(), targets: FileBytes? = nil
  ) throws(DataFileError) -> Table {
    let kind = DataFormat(of: file)
    guard kind == .table else {
      return Table(
        file.path, file.checksum, try NumberTable(file, kind, targets: targets), kind)
    }
    guard targets == nil else {
      throw DataFileError(
        file.path, "is a table of separated values, which has its targets in a column",
        remedy: "put them there, or give inputs as .npy, .npz or IDX")
    }
    return try decodeText(file, format)
  }

  private static func decodeText(
    _ file: FileBytes, _ format: TableFormat
  ) throws(DataFileError) -> Table {
    let cells = try CSVCells(file, separator: try format.separatorByte(of: file))
    let isShort = try checkLengths(of: cells, file.path, format.header)
    func table(firstRow: Int) -> Table {
      let text = TextTable(
        bytes: file.bytes, cells: cells, decimal: format.decimal, firstRow: firstRow)
      return Table(file.path, file.checksum, text, .table)
    }
    let below = table(firstRow: 1)
    let isHeader =
      switch format.header {
      case .yes: true
      case .no: false
      case .auto: try below.isFirstLineOfNames(isShort: isShort)
      }
    var table = isHeader ? below : table(firstRow: 0)
    guard table.rowCount > 0 else {
      throw DataFileError(
        file.path, "holds no rows\(isHeader ? " but that of the names" : "")",
        remedy: "give rows of cells, separated by commas, semicolons or tabs")
    }
    if isHeader { table.names = try below.firstLine(missing: isShort ? 1 : 0) }
    return table
  }

  private init(
    _ path: String, _ checksum: UInt32, _ content: any TableContent, _ format: DataFormat
  ) {
    (self.path, self.checksum) = (path, checksum)
    (self.content, self.format) = (content, format)
    columnCount = content.columnCount
    names = []
  }

  private init(_ other: Table, _ content: any TableContent) {
    (path, checksum, format, names) = (other.path, other.checksum, other.format, other.names)
    self.content = content
    columnCount = content.columnCount
  }

  /// The table with as many columns, where it may have fewer inputs than there are: those that a sparse table does not
  /// mention are zeros.
  public func widened(to count: Int) -> Table {
    guard let numbers = content as? NumberTable, numbers.isSparse, numbers.columnCount < count
    else {
      return self
    }
    return Table(self, numbers.widened(to: count))
  }

  /// The first columns, of rows that stay where they are in a long .npy file; nil where all cells are in memory.
  package var mapped: MappedArray? { (content as? NumberTable)?.mapped }

  /// The CRC-32 of the file of targets, where there is one.
  public var targetChecksum: UInt32? { (content as? NumberTable)?.targetChecksum }

  /// Whether its last column is a target: only arrays may have inputs alone.
  public var hasTargets: Bool { (content as? NumberTable)?.hasTargets ?? true }

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
  public var rowCount: Int { content.rowCount }

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
  public func content(_ row: Int, _ column: Int) -> Content { content.content(row, column) }

  /// A cell's text, without quotes and the spaces around it; nil where it is missing.
  ///
  /// - Throws: ``DataFileError`` for text that is no UTF-8.
  public func word(_ row: Int, _ column: Int) throws(DataFileError) -> String? {
    guard content.content(row, column) != .missing else { return nil }
    guard let word = content.word(row, column) else {
      throw DataFileError(
        path, at: place(row, column), "the text is no UTF-8", remedy: "save the file as UTF-8")
    }
    return word
  }

  /// Where a cell is in the file.
  public func place(_ row: Int, _ column: Int) -> DataFileError.Place {
    content.place(row, column)
  }
}

/// A table's cells; rows and columns count from 0.
protocol TableContent: Sendable {
  var rowCount: Int { get }
  var columnCount: Int { get }
  func content(_ row: Int, _ column: Int) -> Table.Content
  /// The text of a cell that is not missing; nil where it is no UTF-8.
  func word(_ row: Int, _ column: Int) -> String?
  func place(_ row: Int, _ column: Int) -> DataFileError.Place
}
