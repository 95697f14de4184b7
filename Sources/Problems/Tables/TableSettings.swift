import DataFiles

/// Which table examples come from, and how it is read.
public struct TableSettings: SettingGroup, Equatable {
  /// What the targets are.
  public enum Kind: String, Sendable, CaseIterable {
    /// Classes where they are words, or few whole numbers; numbers where they are many and not whole; where that is not
    /// clear, an error says so.
    case auto
    /// Classes: words, or numbers of any kind.
    case classification
    /// Numbers.
    case regression
  }

  /// What becomes of missing cells.
  public enum MissingRule: String, Sendable, CaseIterable {
    /// They are the mean of their column over the rows that train; rows without a target are left out.
    case mean
    /// Rows with such cells are left out.
    case drop
    /// They are an error.
    case stop
  }

  /// The file; the embedded digits where there is none.
  public var data = ""
  /// The column of the targets, by name or number; negative numbers count from the end.
  public var target = "-1"
  /// What the targets are.
  public var kind = Kind.auto
  /// Columns of words of which each word becomes a column of 0 and 1, separated by commas.
  public var categorical = ""
  /// Columns that are left out, separated by commas.
  public var ignore = ""
  /// What becomes of missing cells.
  public var missing = MissingRule.mean
  /// How the file is written.
  public var format = TableFormat()

  /// The defaults.
  public init() {}

  /// Declares every key.
  ///
  /// - Throws: ``SettingError`` for a value outside its range.
  public mutating func declare(_ keys: inout SettingKeys) throws {
    try keys("data", &data, "CSV file; empty: the embedded digits")
    try declareTarget(&keys)
    try keys("kind", &kind, "targets: classification, regression, or auto where that is clear")
    try declareReading(&keys)
  }

  mutating func declareTarget(_ keys: inout SettingKeys) throws {
    try keys("target", &target, "column of the targets, by name or number; -1 is the last")
  }

  mutating func declareReading(_ keys: inout SettingKeys) throws {
    try keys(
      "categorical", &categorical, "columns of words to make a column of each word: SEX,CITY")
    try keys("ignore", &ignore, "columns to leave out: ID,NAME")
    try keys("missing", &missing, "missing cells: the column's mean, drop their rows, or stop")
    try keys("separator", &format.separator, "between cells: comma, semicolon, tab or auto")
    try keys("header", &format.header, "whether the first line names columns: yes, no or auto")
    try keys("decimal", &format.decimal, "mark in numbers: point or comma")
  }
}

extension TableSettings {
  /// Reads a table as these settings say: a file, or one of inputs and one of targets with a comma between.
  ///
  /// - Parameters:
  ///   - text: Where it is.
  ///   - encoding: That of a table with the same columns, of which sparse rows may lack the last.
  /// - Returns: The table.
  /// - Throws: `DataFileError` for files that cannot be read or do not fit together.
  func table(_ text: String, like encoding: InputEncoding? = nil) throws(DataFileError) -> Table {
    let table =
      switch DataPlace(text) {
      case .pair(let inputs, let targets): try Table.read(inputs, format, targets: targets)
      case .embedded, .folder, .file: try Table.read(text, format)
      }
    return encoding.map { table.widened(to: $0.columnCount) } ?? table
  }
}
