/// How a table is written.
public struct TableFormat: Sendable, Hashable {
  /// What stands between cells.
  public enum Separator: String, Sendable, CaseIterable {
    /// The one of tab, semicolon and comma that cuts the first lines into equally many cells, at least two.
    case auto
    /// `,`
    case comma
    /// `;`
    case semicolon
    /// A tab.
    case tab

    /// The character; nil where it is still to be found.
    var byte: UInt8? {
      switch self {
      case .auto: nil
      case .comma: UInt8(ascii: ",")
      case .semicolon: UInt8(ascii: ";")
      case .tab: UInt8(ascii: "\t")
      }
    }
  }

  /// Whether the first line names the columns.
  public enum Header: String, Sendable, CaseIterable {
    /// It does where that is clear: see ``Table``.
    case auto
    /// It does.
    case yes
    /// It is a row as the others.
    case no
  }

  /// What stands between the whole part of a number and the rest.
  public enum Decimal: String, Sendable, CaseIterable {
    /// `.`
    case point
    /// `,`
    case comma
  }

  /// What stands between cells.
  public var separator: Separator
  /// Whether the first line names the columns.
  public var header: Header
  /// The decimal mark.
  public var decimal: Decimal

  /// A format; by default found in the file.
  public init(
    separator: Separator = .auto, header: Header = .auto, decimal: Decimal = .point
  ) {
    self.separator = separator
    self.header = header
    self.decimal = decimal
  }

  /// The character between a file's cells.
  func separatorByte(of file: FileBytes) throws(DataFileError) -> UInt8 {
    if let byte = separator.byte { return byte }
    // Decimal commas stand in files that are separated otherwise: commas come last.
    for candidate in [Separator.tab, .semicolon, .comma] {
      guard let byte = candidate.byte,
        let start = try? CSVCells(file, separator: byte, mostRows: Self.linesToJudge)
      else { continue }
      // A header may be one shorter: see ``Table``.
      let counts = Set(start.rows.dropFirst().map(\.count))
      let first = start.rows.first?.count ?? 0
      if first >= 2, counts.isSubset(of: [first]) || counts == [first + 1] { return byte }
    }
    return UInt8(ascii: ",")
  }

  private static var linesToJudge: Int { 20 }
}
