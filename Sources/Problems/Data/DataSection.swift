import PlainText

/// A part of a summary: a title, and rows of words and numbers below headings.
package struct DataSection: Sendable, Equatable {
  let title: String
  let headings: [String]
  let rows: [[String]]

  /// A part; headings that are all empty are left out.
  init(_ title: String, _ headings: [String] = [], rows: [[String]]) {
    (self.title, self.headings, self.rows) = (title, headings, rows)
  }

  /// As plain text, with a newline at its end: columns of numbers are aligned to the right, others to the left; what a
  /// terminal does not show is escaped.
  package var text: String {
    let cells = ((headings.isEmpty ? [] : [headings]) + rows).map { $0.map(\.escaped) }
    let count = cells.map(\.count).max() ?? 0
    let widths = (0..<count).map { column in
      cells.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    let areNumbers = (0..<count).map(isOfNumbers)
    let lines = cells.map { row in
      let padded = row.enumerated().map { column, cell in
        let space = String(repeating: " ", count: widths[column] - cell.count)
        return areNumbers[column] ? space + cell : cell + space
      }
      let line = "  " + padded.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed())
    }
    return ([title.escaped] + lines).joined(separator: "\n") + "\n"
  }

  private func isOfNumbers(_ column: Int) -> Bool {
    rows.allSatisfy { column >= $0.count || $0[column].isEmpty || Double($0[column]) != nil }
  }
}
