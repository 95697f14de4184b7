/// A table for people: a title, columns, rows.
public struct ResultTable: Sendable, Equatable {
  /// What the table shows.
  public let title: String
  /// The columns' headings.
  public let columns: [String]
  /// The cells, row by row.
  public let rows: [[String]]
  /// The file of comma-separated values, in the run's folder, that a long table is stored in: people are shown its first
  /// rows. Nil where they are shown all.
  public let file: String?

  /// A table.
  public init(_ title: String, columns: [String], rows: [[String]], file: String? = nil) {
    self.title = title
    self.columns = columns
    self.rows = rows
    self.file = file
  }

  /// The rows that people are shown.
  package var shownRows: [[String]] { file == nil ? rows : Array(rows.prefix(Self.mostShown)) }

  /// Where the rows are that people are not shown; nil where they are shown all.
  package var remainder: String? {
    guard let file else { return nil }
    let left = rows.count - shownRows.count
    return left > 0 ? "\(left) more in \(file)" : "also in \(file)"
  }

  private static var mostShown: Int { 10 }
}
