import PlainText
import Problems

extension ResultTable {
  /// The table as aligned plain text, without a newline at its end. Columns of numbers are aligned to the right; what a
  /// terminal does not show is escaped.
  public var text: String {
    let shown = (columns.allSatisfy(\.isEmpty) ? [] : [columns]) + shownRows
    let cells = shown.map { Array($0.prefix(columns.count)) }
    let lines = AlignedRows(cells, isRight: { $0 > 0 || isNumeric($0) }).lines
    let rest = remainder.map { ["  \($0.escaped)"] } ?? []
    return ([title.escaped] + lines + rest).joined(separator: "\n")
  }

  private func isNumeric(_ column: Int) -> Bool {
    rows.allSatisfy { column < $0.count && Double($0[column]) != nil }
  }
}
