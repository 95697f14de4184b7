import Tensors

/// A set that parameters are kept in, by the Euclidean projection onto it.
public enum ParameterSet: Sendable, Hashable {
  /// All parameters there are.
  case whole
  /// None below 0.
  case nonNegative
  /// Each from a number to another, which is not below it.
  case box(Double, Double)
  /// Each from a number of its own to another, which is not below it: as many as parameters.
  case boxes(low: [Double], high: [Double])
  /// None below 0, and together 1 (Duchi et al., 2008).
  case simplex
  /// A Euclidean norm of at most a radius, above 0.
  case ball(Double)
  /// Those that linear equations hold for.
  case equalities(Equalities)

  /// Moves parameters to the nearest of the set.
  public func project(_ values: inout [Double]) {
    switch self {
    case .whole: break
    case .nonNegative: values = values.map { max(0, $0) }
    case .box(let low, let high): values = values.map { min(max(low, $0), high) }
    case .boxes(let low, let high):
      for index in values.indices.prefix(min(low.count, high.count)) {
        values[index] = min(max(low[index], values[index]), high[index])
      }
    case .simplex:
      let threshold = Self.threshold(values)
      values = values.map { max(0, $0 - threshold) }
    case .ball(let radius):
      let norm = values.euclideanNorm
      if norm > radius { values = values.map { $0 * (radius / norm) } }
    case .equalities(let equalities): equalities.project(&values)
    }
  }

  /// Throws where it is a set of another number of parameters.
  package func check(count: Int) throws(HypergradientError) {
    let own: Int
    switch self {
    case .whole, .nonNegative, .box, .simplex, .ball: return
    case .boxes(let low, _): own = low.count
    case .equalities(let equalities): own = equalities.count
    }
    try HypergradientError.require(
      own == count,
      "the set is one of \(own) parameters, and there are \(count); it must have as many")
  }

  /// The same in place.
  func project(_ point: Elements) {
    guard self != .whole else { return }
    var values = point.values
    project(&values)
    point.set(values)
  }

  /// What is to be taken from each number, so that those above 0 add up to 1.
  private static func threshold(_ values: [Double]) -> Double {
    var (sum, threshold) = (0.0, 0.0)
    for (index, value) in values.sorted(by: >).enumerated() {
      sum += value
      let candidate = (sum - 1) / Double(index + 1)
      guard value > candidate else { break }
      threshold = candidate
    }
    return threshold
  }
}

extension ParameterSet: RawRepresentable {
  /// All words, for messages.
  package static let words =
    "whole, non-negative, box:LOW:HIGH (numbers, or lists), simplex, ball:RADIUS or "
    + "equalities:1,1=1/1,-1=0 (rows and values)"

  /// As settings have it: `whole`, `non-negative`, `box:0:1`, `box:0,-1:1,2`, `simplex`, `ball:2`, `equalities:1,1,0=1/0,1,-1=0`.
  public var rawValue: String {
    switch self {
    case .whole: "whole"
    case .nonNegative: "non-negative"
    case .box(let low, let high): "box:\(low):\(high)"
    case .boxes(let low, let high): "box:\(Self.text(low)):\(Self.text(high))"
    case .simplex: "simplex"
    case .ball(let radius): "ball:\(radius)"
    case .equalities(let equalities):
      "equalities:"
        + zip(equalities.rows, equalities.values).map { "\(Self.text($0))=\($1)" }
        .joined(separator: "/")
    }
  }

  private static func text(_ numbers: [Double]) -> String {
    numbers.map { "\($0)" }.joined(separator: ",")
  }

  /// The numbers between commas; nil where one is none.
  private static func numbers(_ text: Substring) -> [Double]? {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { Double($0) }.filter(\.isFinite)
    return numbers.count == parts.count ? numbers : nil
  }

  /// The set of a word; nil where there is none.
  public init?(rawValue: String) {
    let parts = rawValue.split(separator: ":", omittingEmptySubsequences: false)
    if parts.count == 2, parts[0] == "equalities" {
      guard let equalities = Self.equalities(parts[1]) else { return nil }
      self = .equalities(equalities)
      return
    }
    let numbers = parts.dropFirst().compactMap(Self.numbers)
    guard numbers.count == parts.count - 1 else { return nil }
    switch (parts[0], numbers.map(\.count)) {
    case ("whole", []): self = .whole
    case ("non-negative", []): self = .nonNegative
    case ("simplex", []): self = .simplex
    case ("ball", [1]) where numbers[0][0] > 0: self = .ball(numbers[0][0])
    case ("box", [1, 1]) where numbers[0][0] <= numbers[1][0]:
      self = .box(numbers[0][0], numbers[1][0])
    case ("box", let counts) where counts.count == 2 && counts[0] == counts[1]:
      guard zip(numbers[0], numbers[1]).allSatisfy(<=), counts[0] > 1 else { return nil }
      self = .boxes(low: numbers[0], high: numbers[1])
    default: return nil
    }
  }

  private static func equalities(_ text: Substring) -> Equalities? {
    var (rows, values): ([[Double]], [Double]) = ([], [])
    for row in text.split(separator: "/", omittingEmptySubsequences: false) {
      let sides = row.split(separator: "=", omittingEmptySubsequences: false)
      guard sides.count == 2, let left = numbers(sides[0]), let right = numbers(sides[1]),
        right.count == 1
      else { return nil }
      rows.append(left)
      values.append(right[0])
    }
    return try? Equalities(rows, values)
  }
}

/// Linear equations E w = e, and the Euclidean projection onto their solutions.
public struct Equalities: Sendable, Hashable {
  /// E, row by row, and e.
  public let rows: [[Double]], values: [Double]
  /// The same with rows of length 1 that are orthogonal to each other: as many as are independent.
  let normals: [[Double]]
  private let offsets: [Double]
  /// How many parameters they are for.
  var count: Int { rows[0].count }

  /// Equations.
  ///
  /// - Parameters:
  ///   - rows: E, row by row, of one length; finite.
  ///   - values: e, as many as rows; finite.
  /// - Throws: ``HypergradientError`` of code `parameter` for such of other lengths, or that contradict each other.
  public init(_ rows: [[Double]], _ values: [Double]) throws(HypergradientError) {
    let isWhole =
      rows.count == values.count && rows.first?.isEmpty == false
      && rows.allSatisfy { $0.count == rows[0].count && $0.allSatisfy(\.isFinite) }
      && values.allSatisfy(\.isFinite)
    try HypergradientError.require(
      isWhole, "equations must be rows of finite numbers, of one length, and a value for each")
    (self.rows, self.values) = (rows, values)
    var (normals, offsets): ([[Double]], [Double]) = ([], [])
    for (row, value) in zip(rows, values) {
      var (normal, offset) = (row, value)
      // Twice, so that they are orthogonal to the last bits.
      for _ in 0..<2 {
        for (other, otherOffset) in zip(normals, offsets) {
          let part = zip(normal, other).reduce(0) { $0 + $1.0 * $1.1 }
          normal = zip(normal, other).map { $0 - part * $1 }
          offset -= part * otherOffset
        }
      }
      let (length, whole) = (normal.euclideanNorm, row.euclideanNorm)
      if length <= 1e-12 * whole {
        try HypergradientError.require(
          abs(offset) <= 1e-9 * max(1, abs(value)),
          "the equations contradict each other; leave out the one whose value is \(value)")
        continue
      }
      normals.append(normal.map { $0 / length })
      offsets.append(offset / length)
    }
    (self.normals, self.offsets) = (normals, offsets)
  }

  func project(_ values: inout [Double]) {
    for (normal, offset) in zip(normals, offsets) {
      let excess = zip(normal, values).reduce(-offset) { $0 + $1.0 * $1.1 }
      for index in values.indices.prefix(normal.count) { values[index] -= excess * normal[index] }
    }
  }
}
