/// How long ranks wait for each other in a collective.
public struct StallLimits: Sendable, Hashable {
  /// Seconds until a late rank is named on standard error, above 0; infinity never does.
  public var warning: Double
  /// Seconds until the ranks give up and end with ``ExitCode/unavailable``, above 0; infinity never does.
  public var end: Double

  /// A minute until the warning, half an hour until the end.
  public static let standard = StallLimits(warning: 60, end: 1800)

  /// Limits in seconds, both above 0 (not checked); infinity for never.
  public init(warning: Double, end: Double) {
    self.warning = warning
    self.end = end
  }
}
