/// Rows of cells as lines of columns, two spaces apart and behind two spaces; what a terminal does not show is escaped.
package struct AlignedRows {
  /// A line for each row, without spaces behind its cells.
  package let lines: [String]

  /// Aligns rows, which may be of different lengths.
  ///
  /// - Parameters:
  ///   - rows: The cells.
  ///   - isRight: Whether a column, from 0, is aligned to the right.
  package init(_ rows: [[String]], isRight: (_ column: Int) -> Bool) {
    let cells = rows.map { $0.map(\.escaped) }
    let columns = 0..<(cells.map(\.count).max() ?? 0)
    let widths = columns.map { column in
      cells.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    let sides = columns.map(isRight)
    lines = cells.map { row in
      let padded = row.enumerated().map { column, cell in
        let space = String(repeating: " ", count: widths[column] - cell.count)
        return sides[column] ? space + cell : cell + space
      }
      return "  " + padded.joined(separator: "  ").trimmingTrailingSpace()
    }
  }
}

extension String {
  fileprivate func trimmingTrailingSpace() -> String {
    var copy = self
    while copy.hasSuffix(" ") { copy.removeLast() }
    return copy
  }
}
