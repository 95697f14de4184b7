import Foundation
import Training
import Yams

/// Configuration files: YAML, one `KEY: VALUE` a line with the keys of `--set`, and `problem` and
/// `output`.
///
///     problem: sinusoid
///     steps: 2000         # as --steps 2000
///     proximal: 0.5       # as --set proximal=0.5
///
/// The rest of YAML, with which a small file can mean more than any memory holds, is refused.
public enum ConfigurationFile {
  /// The name under which a run stores its configuration in its folder.
  public static let name = "configuration.yaml"
  /// The longest file that is read, in bytes.
  public static let longest = 1 << 20

  /// Whether a word of a command line is a file's name rather than a problem's.
  public static func isName(_ word: String) -> Bool {
    let lower = word.lowercased()
    return lower.hasSuffix(".yaml") || lower.hasSuffix(".yml") || word.contains("/")
  }

  /// The path of a configuration that people name by its own path or by the folder of a run that stored it.
  public static func path(_ word: String) -> String {
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: word, isDirectory: &isFolder)
    return exists && isFolder.boolValue ? "\(word)/\(name)" : word
  }

  /// The settings in a file.
  ///
  /// - Throws: `StateError` where it cannot be read, ``ConfigurationError`` where it is no
  ///   configuration.
  public static func read(_ path: String) throws -> [SettingAssignment] {
    try assignments(in: try DurableFile.read(path, atMost: longest), named: path)
  }

  /// The settings in a file's bytes; errors call it by a name.
  ///
  /// - Throws: ``ConfigurationError``.
  public static func assignments(
    in bytes: [UInt8], named path: String
  ) throws(ConfigurationError) -> [SettingAssignment] {
    try assignments(in: bytes, named: path, punctuation: "")
  }

  /// The same where keys may have more punctuation than those of settings.
  static func assignments(
    in bytes: [UInt8], named path: String, punctuation: String
  ) throws(ConfigurationError) -> [SettingAssignment] {
    let text = try plainText(bytes, path)
    let lines = try ConfigurationLine.lines(of: text, path, punctuation: punctuation)
    guard !lines.isEmpty else { return [] }
    let pairs = try compose(text, path)
    try check(lines, pairs.map(\.key), path)
    return zip(lines, pairs).map { line, pair in
      SettingAssignment(
        pair.key, pair.value, from: ConfigurationError.place(path, line.number))
    }
  }

  /// Checks that YAML sees the same keys: a quoted value that goes on over line ends swallows
  /// the keys there.
  private static func check(
    _ lines: [ConfigurationLine], _ keys: [String], _ path: String
  ) throws(ConfigurationError) {
    guard lines.map(\.key) != keys else { return }
    let same = zip(lines, keys).prefix { $0.key == $1 }.count
    guard same > 0 else {
      throw ConfigurationError(path, "it is not YAML of one KEY: VALUE a line")
    }
    let last = lines[same - 1]
    throw ConfigurationError(
      path, line: last.number, "the value of \(last.key) does not end there; close its quotes")
  }

  /// The text without what ends lines or hides in them unseen.
  private static func plainText(
    _ bytes: [UInt8], _ path: String
  ) throws(ConfigurationError) -> String {
    guard bytes.count <= longest else {
      throw ConfigurationError(
        path, "\(bytes.count) bytes are more than \(longest); is it another file?")
    }
    guard var text = String(validating: bytes, as: UTF8.self) else {
      throw ConfigurationError(path, "it is not UTF-8 text; is it another file?")
    }
    if text.unicodeScalars.first == "\u{FEFF}" { text.unicodeScalars.removeFirst() }
    text = text.replacing("\r\n", with: "\n")
    var line = 1
    for scalar in text.unicodeScalars {
      if scalar == "\n" { line += 1 }
      guard isPlain(scalar) else {
        let code = String(scalar.value, radix: 16, uppercase: true)
        throw ConfigurationError(
          path, line: line, "it has the control character U+\(code); remove it")
      }
    }
    return text
  }

  private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control: scalar == "\n" || scalar == "\t"
    case .format, .lineSeparator, .paragraphSeparator: false
    default: true
    }
  }

  /// Keys and values as YAML has them.
  private static func compose(
    _ text: String, _ path: String
  ) throws(ConfigurationError) -> [(key: String, value: String)] {
    let root: Node?
    do {
      // Its default encoding depends on a variable.
      root = try Parser(yaml: text, encoding: .utf8).singleRoot()
    } catch let error as YamlError {
      throw ConfigurationError(path, error)
    } catch {
      throw ConfigurationError(path, "it is not YAML: \(error)")
    }
    guard let mapping = root?.mapping else {
      throw ConfigurationError(path, "it is not YAML of one KEY: VALUE a line")
    }
    var pairs: [(key: String, value: String)] = []
    for (key, value) in mapping {
      guard let key = key.scalar?.string, let value = value.scalar?.string else {
        throw ConfigurationError(path, line: value.mark?.line, "it is not one KEY: VALUE a line")
      }
      pairs.append((key, value))
    }
    return pairs
  }
}

extension ConfigurationError {
  fileprivate init(_ path: String, _ error: YamlError) {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      self.init(path, line: mark.line, "it is not YAML: \(problem)")
    case .reader(let problem, _, _, _):
      self.init(path, "it is not YAML: \(problem)")
    default:
      self.init(path, "it is not YAML of one KEY: VALUE a line")
    }
  }
}
