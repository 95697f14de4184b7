import PlainText
import Problems

extension ResultTable {
  /// The table as aligned plain text, without a newline at its end. Columns of numbers are aligned to the right; what a
  /// terminal does not show is escaped.
  public var text: String {
    let shown = (columns.allSatisfy(\.isEmpty) ? [] : [columns]) + shownRows
    let cells = shown.map { $0.map(\.escaped) }
    let widths = columns.indices.map { column in
      cells.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    func line(_ row: [String]) -> String {
      let padded = columns.indices.map { column in
        let cell = column < row.count ? row[column] : ""
        let space = String(repeating: " ", count: widths[column] - cell.count)
        return column == 0 && !isNumeric(column) ? cell + space : space + cell
      }
      return "  " + padded.joined(separator: "  ").trimmingTrailingSpace()
    }
    let rest = remainder.map { ["  \($0.escaped)"] } ?? []
    return ([title.escaped] + cells.map(line) + rest).joined(separator: "\n")
  }

  private func isNumeric(_ column: Int) -> Bool {
    rows.allSatisfy { column < $0.count && Double($0[column]) != nil }
  }
}

extension String {
  fileprivate func trimmingTrailingSpace() -> String {
    var copy = self
    while copy.hasSuffix(" ") { copy.removeLast() }
    return copy
  }
}
