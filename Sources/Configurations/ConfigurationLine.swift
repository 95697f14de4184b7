import PlainText
import Training

/// A line `KEY: VALUE` of a configuration file, before YAML is asked what the value is. What is not
/// of this form never reaches the parser: lists and maps within each other, as deep as a file is
/// long, and aliases of aliases.
struct ConfigurationLine {
  /// The line's number, from 1.
  let number: Int
  /// The key.
  let key: String

  /// The lines with keys, in order.
  ///
  /// - Parameters:
  ///   - text: The file's text.
  ///   - path: What errors call it.
  ///   - punctuation: What keys may consist of besides letters, digits, `-` and `_`.
  /// - Returns: Numbers and keys.
  /// - Throws: ``ConfigurationError`` for the first line that is neither empty, a comment nor
  ///   `KEY: VALUE`, and for a key that comes twice.
  static func lines(
    of text: String, _ path: String, punctuation: String = ""
  ) throws(ConfigurationError) -> [Self] {
    var lines: [Self] = []
    var first: [String: Int] = [:]
    var number = 0
    // Scalars, because characters may hide the mark of a list behind an accent.
    let texts = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
    for line in texts {
      number += 1
      switch content(of: line, punctuation) {
      case .nothing: continue
      case .documentStart where lines.isEmpty: continue
      case .documentStart:
        throw ConfigurationError(
          path, line: number, "a second document starts; use one file for each run")
      case .wrong(let message): throw ConfigurationError(path, line: number, message)
      case .key(let key):
        if let earlier = first.updateValue(number, forKey: key) {
          throw ConfigurationError(
            path, line: number, "\(key) comes again, first on line \(earlier); remove one")
        }
        lines.append(Self(number: number, key: key))
      }
    }
    return lines
  }

  private enum Content {
    case nothing
    case documentStart
    case key(String)
    case wrong(String)
  }

  private typealias Scalars = Substring.UnicodeScalarView

  private static func content(of line: Scalars, _ punctuation: String) -> Content {
    guard let start = line.first(where: { !isSpace($0) }), start != "#" else { return .nothing }
    if firstWord(line) == "---" { return documentStart(line.dropFirst(3)) }
    guard line.first == start else {
      return .wrong("it is indented; all keys stand at the start of a line")
    }
    let isPart = { isPartOfKey($0) || punctuation.unicodeScalars.contains($0) }
    let key = String(line.prefix(while: isPart))
    let rest = line.drop(while: isPart)
    guard !key.isEmpty, rest.first == ":" else {
      return .wrong("\"\(String(line).asShown)\" is not KEY: VALUE")
    }
    let value = rest.dropFirst()
    guard value.first.map(isSpace) ?? true else {
      return .wrong("a space is missing after \(key.asShown):")
    }
    return fault(of: value.drop(while: isSpace)).map { .wrong("\(key.asShown) \($0)") } ?? .key(key)
  }

  private static func documentStart(_ rest: Scalars) -> Content {
    let next = rest.first { !isSpace($0) }
    return next == nil || next == "#" ? .documentStart : .wrong("something follows ---")
  }

  /// What is wrong with a value, its leading space removed.
  private static func fault(of value: Scalars) -> String? {
    switch value.first {
    case nil, "#": return "has no value; give one, or remove the line"
    case "[", "{": return "has a list or map, where one value is needed"
    case "&", "*": return "has an anchor or alias; write the value itself, or quote it"
    case "!": return "has a tag; write the value alone, or quote it"
    case "|", ">": return "has a text over several lines, where one value is needed"
    default: break
    }
    switch firstWord(value) {
    case "-", "?": return "has a list or map, where one value is needed"
    case "~", "null", "Null", "NULL": return "has no value; give one, or remove the line"
    default: return nil
    }
  }

  private static func firstWord(_ text: Scalars) -> String {
    String(text.prefix { !isSpace($0) })
  }

  private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    scalar == " " || scalar == "\t"
  }

  private static func isPartOfKey(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9", "-", "_": true
    default: false
    }
  }
}
