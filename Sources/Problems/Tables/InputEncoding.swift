import DataFiles

/// How a table's cells become a model's inputs: a number is one, and a categorical cell a 1 among 0s, one for each word that
/// its column has.
public struct InputEncoding: Sendable, Hashable {
  /// A column of inputs.
  public struct Column: Sendable, Hashable {
    /// The name of the table's column.
    public let source: String
    /// The table's column, from 0.
    public let number: Int
    /// The word that it is 1 for; nil for a column of numbers.
    public let word: String?

    /// What people call it: its column's name, with its word where it is one of several.
    public var name: String { source + (word.map { "=\($0)" } ?? "") }

    init(_ source: String, number: Int, word: String? = nil) {
      self.source = source
      self.number = number
      self.word = word
    }
  }

  /// The columns of inputs.
  public let columns: [Column]
  /// The table's column of targets, and how many columns it has.
  private let target: Int
  let columnCount: Int
  /// Whether its columns have names.
  private let isNamed: Bool

  /// An encoding of columns of numbers without names, the targets behind them.
  init(numbers columns: [String]) {
    self.init(
      columns.enumerated().map { Column($1, number: $0) }, target: columns.count,
      columnCount: columns.count + 1, isNamed: false)
  }

  private init(_ columns: [Column], target: Int, columnCount: Int, isNamed: Bool) {
    self.columns = columns
    self.target = target
    self.columnCount = columnCount
    self.isNamed = isNamed
  }

  /// The encoding of a table that a model is to be trained on.
  ///
  /// - Throws: `DataFileError` for a categorical column no word of which comes twice, or a table without inputs.
  init(_ table: Table, _ settings: TableSettings, target: Int) throws(DataFileError) {
    let categorical = try Self.columns(settings.categorical, of: table)
    let ignored = try Self.columns(settings.ignore, of: table)
    var columns: [Column] = []
    for number in 0..<table.columnCount
    where number != target && number != table.indexColumn && !ignored.contains(number) {
      let name = table.name(ofColumn: number)
      if categorical.contains(number) {
        columns += try Self.words(of: number, in: table).map {
          Column(name, number: number, word: $0)
        }
      } else {
        columns.append(Column(name, number: number))
      }
    }
    guard !columns.isEmpty else {
      throw DataFileError(
        table.path, "has no column of inputs beside the targets",
        remedy: "give more columns, or another separator")
    }
    self.init(
      columns, target: target, columnCount: table.columnCount, isNamed: !table.names.isEmpty)
  }

  /// The encoding of another table, with or without targets: by the columns' names, or where there are none, by their
  /// places.
  ///
  /// - Throws: `DataFileError` for a table that lacks a column, or is of another width.
  func matched(to other: Table) throws(DataFileError) -> InputEncoding {
    var matched: [Column] = []
    for column in columns {
      let number =
        isNamed && !other.names.isEmpty
        ? try other.column(column.source) : try place(of: column.number, in: other)
      matched.append(Column(column.source, number: number, word: column.word))
    }
    return InputEncoding(
      matched, target: target, columnCount: other.columnCount, isNamed: isNamed)
  }

  private func place(of number: Int, in other: Table) throws(DataFileError) -> Int {
    switch other.columnCount {
    case columnCount: return number
    case columnCount - 1: return number < target ? number : number - 1
    default:
      throw DataFileError(
        other.path,
        "has \(other.columnCount) columns, and the table of training had \(columnCount)",
        remedy: "give the same columns, with or without the targets")
    }
  }

  /// The inputs of all rows; those of missing cells are not numbers.
  ///
  /// - Throws: `DataFileError` for words in a column that is not said to be categorical.
  func inputs(of table: Table) throws(DataFileError) -> ExampleInputs {
    if let array = table.mapped,
      columns.allSatisfy({ $0.word == nil && $0.number < array.rowCount })
    {
      return ExampleInputs(array, columns: columns.map(\.number))
    }
    return ExampleInputs(try columns(of: table))
  }

  private func columns(of table: Table) throws(DataFileError) -> [[Double]] {
    var result: [[Double]] = []
    var last: (number: Int, words: [String?]) = (-1, [])
    for column in columns {
      guard let word = column.word else {
        result.append(try Self.numbers(column.number, in: table))
        continue
      }
      // The words of one column stand together.
      if last.number != column.number {
        last = (column.number, try Self.cells(column.number, in: table))
      }
      result.append(last.words.map { own in own.map { $0 == word ? 1 : 0 } ?? .nan })
    }
    return result
  }

  /// A column of numbers; those of missing cells are none.
  private static func numbers(_ column: Int, in table: Table) throws(DataFileError) -> [Double] {
    var values: [Double] = []
    values.reserveCapacity(table.rowCount)
    for row in 0..<table.rowCount {
      switch table.content(row, column) {
      case .number(let value): values.append(value)
      case .missing: values.append(.nan)
      case .word: throw try noNumber(table, row, column)
      }
    }
    return values
  }

  /// A column's words; nil where cells are missing.
  private static func cells(_ column: Int, in table: Table) throws(DataFileError) -> [String?] {
    var words: [String?] = []
    words.reserveCapacity(table.rowCount)
    for row in 0..<table.rowCount { words.append(try table.word(row, column)) }
    return words
  }

  /// The table's first column that lacks a row's cell.
  func firstMissing(of table: Table, inRow row: Int) -> Int? {
    columns.first { table.content(row, $0.number) == .missing }?.number
  }

  /// Columns that a setting lists.
  private static func columns(_ list: String, of table: Table) throws(DataFileError) -> Set<Int> {
    var columns: Set<Int> = []
    for word in list.split(separator: ",") {
      columns.insert(try table.column(word.trimmingSpaces()))
    }
    return columns
  }

  /// A column's words, sorted.
  private static func words(of column: Int, in table: Table) throws(DataFileError) -> [String] {
    let cells = try cells(column, in: table).compactMap(\.self)
    let words = Set(cells)
    guard words.count < cells.count || cells.count <= 1 else {
      throw DataFileError(
        table.path,
        "no word of \(table.name(ofColumn: column)) comes twice: nothing can be learnt from it",
        remedy: "leave it out: ignore=\(table.name(ofColumn: column))")
    }
    return words.sorted()
  }

  private static func noNumber(
    _ table: Table, _ row: Int, _ column: Int
  ) throws(DataFileError) -> DataFileError {
    let word = try table.word(row, column) ?? ""
    let shown = word.count > 40 ? word.prefix(40) + "..." : word[...]
    let name = table.names.isEmpty ? "\(column)" : table.name(ofColumn: column)
    return DataFileError(
      table.path, at: table.place(row, column), "\"\(shown)\" is no finite number",
      remedy: remedy(for: word, column: name))
  }

  private static func remedy(for word: String, column: String) -> String {
    let isDigits = word.allSatisfy { $0.isASCII && ($0.isNumber || ".,+-;\t".contains($0)) }
    return if isDigits, word.contains(",") {
      "set decimal=comma if that is a decimal mark, and leave out other marks"
    } else if isDigits, word.contains(";") || word.contains("\t") {
      "set separator to what stands between cells"
    } else {
      "correct it; a column of words becomes columns of 0 and 1 by categorical=\(column), and is left "
        + "out by ignore=\(column)"
    }
  }
}

extension Substring {
  fileprivate func trimmingSpaces() -> String {
    let start = drop { $0 == " " }
    return String(start.reversed().drop { $0 == " " }.reversed())
  }
}
