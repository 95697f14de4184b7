import Tensors

/// A set that parameters are kept in, by the Euclidean projection onto it.
public enum ParameterSet: Sendable, Hashable {
  /// All parameters there are.
  case whole
  /// None below 0.
  case nonNegative
  /// Each from a number to another, which is not below it.
  case box(Double, Double)
  /// None below 0, and together 1 (Duchi et al., 2008).
  case simplex
  /// A Euclidean norm of at most a radius, above 0.
  case ball(Double)

  /// Moves parameters to the nearest of the set.
  public func project(_ values: inout [Double]) {
    switch self {
    case .whole: break
    case .nonNegative: values = values.map { max(0, $0) }
    case .box(let low, let high): values = values.map { min(max(low, $0), high) }
    case .simplex:
      let threshold = Self.threshold(values)
      values = values.map { max(0, $0 - threshold) }
    case .ball(let radius):
      let norm = values.euclideanNorm
      if norm > radius { values = values.map { $0 * (radius / norm) } }
    }
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
  /// As settings have it: `whole`, `non-negative`, `box:0:1`, `simplex`, `ball:2`.
  public var rawValue: String {
    switch self {
    case .whole: "whole"
    case .nonNegative: "non-negative"
    case .box(let low, let high): "box:\(low):\(high)"
    case .simplex: "simplex"
    case .ball(let radius): "ball:\(radius)"
    }
  }

  /// The set of a word; nil where there is none.
  public init?(rawValue: String) {
    let parts = rawValue.split(separator: ":", omittingEmptySubsequences: false)
    let numbers = parts.dropFirst().compactMap { Double($0) }.filter(\.isFinite)
    switch (parts[0], numbers.count, parts.count) {
    case ("whole", 0, 1): self = .whole
    case ("non-negative", 0, 1): self = .nonNegative
    case ("simplex", 0, 1): self = .simplex
    case ("box", 2, 3) where numbers[0] <= numbers[1]: self = .box(numbers[0], numbers[1])
    case ("ball", 1, 2) where numbers[0] > 0: self = .ball(numbers[0])
    default: return nil
    }
  }
}
