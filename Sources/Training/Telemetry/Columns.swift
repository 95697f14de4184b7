import PlainText

/// Rows of text in columns, all aligned to the left: for what is read rather than compared.
package enum Columns {
  /// A title, and the rows below it, without a newline at the end.
  package static func text(_ title: String, _ rows: [[String]]) -> String {
    let rows = rows.map { $0.map(\.escaped) }
    let count = rows.map(\.count).max() ?? 0
    let widths = (0..<count).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    let lines = rows.map { row in
      let cells = row.enumerated().map { column, cell in
        column == row.count - 1
          ? cell : cell + String(repeating: " ", count: widths[column] - cell.count)
      }
      return "  " + cells.joined(separator: "  ")
    }
    return ([title] + lines).joined(separator: "\n")
  }
}
