import BilevelOptimization
import Models

/// Learning rates of parts of the upper parameters, by their names: `conv*=1e-4,head.bias=0`. A star stands for any letters;
/// of several patterns that fit a name the last counts.
public struct RatePatterns: RawRepresentable, Sendable, Hashable {
  private let patterns: [(pattern: String, rate: Double)]
  /// As settings have it.
  public let rawValue: String

  /// None.
  public init() { (patterns, rawValue) = ([], "") }

  /// The patterns of a text; nil where it is none.
  public init?(rawValue: String) {
    var patterns: [(pattern: String, rate: Double)] = []
    for part in rawValue.split(separator: ",") {
      let sides = part.split(separator: "=", omittingEmptySubsequences: false)
      guard sides.count == 2, !sides[0].isEmpty, let rate = Double(sides[1]), rate.isFinite,
        rate >= 0
      else { return nil }
      patterns.append((String(sides[0]), rate))
    }
    (self.patterns, self.rawValue) = (patterns, rawValue)
  }

  /// Whether it is the same text.
  public static func == (a: RatePatterns, b: RatePatterns) -> Bool { a.rawValue == b.rawValue }

  /// Hashes the text.
  public func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }

  /// Each parameter's rate in those of the rest; none where there are no patterns.
  ///
  /// - Throws: ``SettingError`` for a pattern that fits no name.
  func factors(_ parameters: [Parameter], rate: Double) throws(SettingError) -> [Double] {
    guard !patterns.isEmpty else { return [] }
    for (pattern, _) in patterns where !parameters.contains(where: { Self.fits($0.name, pattern) })
    {
      let names = parameters.map(\.name).joined(separator: ", ")
      throw SettingError("upper-rates: \(pattern) fits none of the upper parameters \(names)")
    }
    return parameters.flatMap { parameter in
      let last = patterns.last { Self.fits(parameter.name, $0.pattern) }
      return [Double](
        repeating: last.map { $0.rate / rate } ?? 1, count: parameter.shape.count)
    }
  }

  /// Whether a name fits a pattern with stars.
  static func fits(_ name: String, _ pattern: String) -> Bool {
    let pieces = pattern.split(separator: "*", omittingEmptySubsequences: false)
    guard pieces.count > 1 else { return name == pattern }
    guard name.hasPrefix(pieces[0]) else { return false }
    var rest = name.dropFirst(pieces[0].count)
    for piece in pieces.dropFirst().dropLast() where !piece.isEmpty {
      guard let place = rest.firstRange(of: piece) else { return false }
      rest = rest[place.upperBound...]
    }
    return rest.hasSuffix(pieces[pieces.count - 1])
  }
}
