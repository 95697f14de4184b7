import DataFiles

/// What a table's column holds.
struct ColumnSummary {
  let name: String
  private(set) var missing = 0
  private(set) var numbers = 0
  private(set) var words: [String: Int] = [:]
  private(set) var wordCount = 0
  private(set) var least = Double.infinity
  private(set) var most = -Double.infinity
  private var sum = 0.0
  private var isWhole = true

  private init(name: String) { self.name = name }

  /// Those of all columns, row by row as they may lie in a file.
  ///
  /// - Throws: `DataFileError` for words that are no text.
  static func all(of table: Table) throws(DataFileError) -> [ColumnSummary] {
    var columns = (0..<table.columnCount).map { ColumnSummary(name: table.name(ofColumn: $0)) }
    for row in 0..<table.rowCount {
      for column in columns.indices { try columns[column].take(table, row, column) }
    }
    return columns
  }

  private mutating func take(_ table: Table, _ row: Int, _ column: Int) throws(DataFileError) {
    switch table.content(row, column) {
    case .missing: missing += 1
    case .word:
      wordCount += 1
      words[try table.word(row, column) ?? "", default: 0] += 1
    case .number(let value):
      numbers += 1
      (least, most, sum) = (min(least, value), max(most, value), sum + value)
      isWhole = isWhole && value == value.rounded()
    }
  }

  /// Whether a column of 0 and 1 for each of its words may help: they are few, and come again.
  var isCategorical: Bool {
    wordCount > 0 && words.count + (numbers > 0 ? 2 : 0) <= Self.mostCategories
      && words.count * 2 <= wordCount
  }

  /// In words, the numbers' kind, then the words, the most frequent first.
  var holds: String {
    let ranked = words.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    let shown = ranked.prefix(Self.wordsShown).map(\.key).joined(separator: ", ")
    let more = ranked.count > Self.wordsShown ? ", ..." : ""
    let listed = ranked.count == 1 ? "the word \(shown)" : "\(ranked.count) words: \(shown)\(more)"
    let kind = isWhole ? "whole numbers" : "numbers"
    return switch (numbers > 0, wordCount > 0) {
    case (true, true): "\(kind), and \(listed)"
    case (true, false): kind
    case (false, true): listed
    case (false, false): "nothing"
    }
  }

  /// The cells of its row: name, missing cells, the smallest number, the mean and the largest, what it holds.
  var row: [String] {
    let range =
      numbers == 0
      ? ["", "", ""] : [least, sum / Double(numbers), most].map(DataSummary.number)
    return [name, "\(missing)"] + range + [holds]
  }

  static let headings = ["column", "missing", "smallest", "mean", "largest", "holds"]
  private static let (mostCategories, wordsShown) = (50, 4)
}
