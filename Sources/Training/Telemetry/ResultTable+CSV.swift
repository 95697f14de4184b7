import Problems

extension ResultTable {
  /// The columns' headings and the rows as comma-separated values (RFC 4180), each line ended by a line feed.
  public var csv: String {
    ([columns] + rows).map { $0.map(Self.quoted).joined(separator: ",") + "\n" }.joined()
  }

  private static func quoted(_ cell: String) -> String {
    let needsQuotes =
      cell.utf8.contains { [",", "\"", "\n", "\r"].contains(Character(Unicode.Scalar($0))) }
      || cell.hasPrefix(" ") || cell.hasSuffix(" ")
    return needsQuotes ? "\"\(cell.replacing("\"", with: "\"\""))\"" : cell
  }
}
