import Training

extension ConfigurationFile {
  /// A configuration as a file: reading it gives the same assignments.
  ///
  /// - Parameters:
  ///   - configuration: Its keys must differ, and consist of letters, digits, `-` and `_`.
  ///   - comments: Lines for people, at the file's beginning.
  /// - Returns: The file's text.
  public static func text(of configuration: Configuration, comments: [String] = []) -> String {
    let lines =
      comments.map { "# " + escaped($0) }
      + configuration.assignments.map { "\($0.key): \(quotedWhereNeeded($0.value))" }
    return lines.map { $0 + "\n" }.joined()
  }

  private static func quotedWhereNeeded(_ value: String) -> String {
    isPlain(value) ? value : "\"\(escaped(value))\""
  }

  /// Whether YAML takes a text for itself without quotes: words, numbers and most paths.
  private static func isPlain(_ value: String) -> Bool {
    let nothing = ["", "null", "Null", "NULL", "-", "---"]
    guard !nothing.contains(value) else { return false }
    return value.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: "-+._/".utf8.contains(byte)
      }
    }
  }

  /// Quotes, backslashes and unseen characters as YAML escapes.
  private static func escaped(_ text: String) -> String {
    text.unicodeScalars.map { scalar in
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
        let digits = String(scalar.value, radix: 16)
        return "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
      default:
        return scalar == "\"" || scalar == "\\" ? "\\\(scalar)" : String(scalar)
      }
    }.joined()
  }
}
