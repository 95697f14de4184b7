import PlainText

/// A data file that is not what it should be: which file, where in it, what is wrong, and what would help.
public struct DataFileError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Where in a file something is wrong.
  public enum Place: Sendable, Hashable {
    /// Nowhere in particular.
    case file
    /// At a byte, counted from 0; in a compressed file among the bytes it holds.
    case byte(Int)
    /// At a line and a column of text, both counted from 1.
    case cell(line: Int, column: Int)
    /// At a row of an array, counted from 0.
    case row(Int)
  }

  /// The file's path.
  public let file: String
  /// Where in the file.
  public let place: Place
  /// What is wrong.
  public let problem: String
  /// What would help.
  public let remedy: String
  /// Whether the file is not there or cannot be read, rather than being wrong.
  public let isMissing: Bool

  /// An error about a file.
  public init(
    _ file: String, at place: Place = .file, _ problem: String, remedy: String,
    isMissing: Bool = false
  ) {
    self.isMissing = isMissing
    self.file = file
    self.place = place
    self.problem = problem
    self.remedy = remedy
  }

  /// All of it in one line; characters that would change a terminal are shown by their codes.
  public var description: String {
    let position =
      switch place {
      case .file: ""
      case .byte(let offset): ", byte \(offset)"
      case .cell(let line, let column): ", line \(line), column \(column)"
      case .row(let row): ", row \(row)"
      }
    return "\(file.shownAsPath)\(position): \(problem); \(remedy)".escaped
  }
}
