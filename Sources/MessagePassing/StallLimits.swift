/// How long ranks wait for each other.
public struct StallLimits: Sendable, Hashable {
  /// Seconds until a late rank is named.
  public var warning: Double
  /// Seconds until the ranks give up; infinity never does.
  public var end: Double

  /// A minute until the warning, half an hour until the end.
  public static let standard = StallLimits(warning: 60, end: 1800)

  /// Limits in seconds, both above 0.
  public init(warning: Double, end: Double) {
    self.warning = warning
    self.end = end
  }
}
