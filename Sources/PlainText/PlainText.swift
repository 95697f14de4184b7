extension String {
  /// The text without what would change a terminal or end a line: characters that are not seen, but for spaces, are shown
  /// by their codes, as `\u{1b}`.
  package var escaped: String {
    unicodeScalars.contains(where: \.isUnseen) ? unicodeScalars.map(\.shown).joined() : self
  }

  /// ``escaped``, and no longer than a message has room for: of a longer text the beginning.
  package var asShown: String { shown(atMost: 80) }

  /// A path in a message: empty ones, and longer ones than people use, are mistakes.
  package var shownAsPath: String { isEmpty ? "\"\"" : shown(atMost: 500) }

  /// ``escaped``, and of a longer text the beginning.
  package func shown(atMost limit: Int) -> String {
    var text = ""
    var count = 0
    for scalar in unicodeScalars {
      let shown = scalar.shown
      count += shown.count
      guard count <= limit else { return text + "..." }
      text += shown
    }
    return text
  }

  /// The text on one line, fit for a terminal; of one that is longer than any message should be, beginning and end.
  package var onOneLine: String {
    let (limit, kept) = (8000, 2000)
    let line = replacing("\n", with: " ").escaped
    let isLong = line.unicodeScalars.dropFirst(limit).first != nil
    return isLong ? "\(line.prefix(kept)) ... \(line.suffix(kept))" : line
  }
}

extension Unicode.Scalar {
  /// Whether it is a control character, a mark of direction or of a line's end.
  fileprivate var isUnseen: Bool {
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }

  fileprivate var shown: String {
    isUnseen ? "\\u{\(String(value, radix: 16))}" : String(self)
  }
}
