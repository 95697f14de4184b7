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
    let shown = (headings.isEmpty ? [] : [headings]) + rows
    let lines = AlignedRows(shown, isRight: isOfNumbers).lines
    return ([title.escaped] + lines).joined(separator: "\n") + "\n"
  }

  private func isOfNumbers(_ column: Int) -> Bool {
    rows.allSatisfy { column >= $0.count || $0[column].isEmpty || Double($0[column]) != nil }
  }
}
