import Problems

/// Settings of ``OnnxProblem``.
public struct OnnxSettings: SettingGroup, Equatable {
  /// Where adaptation starts.
  public enum Start: String, Sendable, CaseIterable {
    /// At the lower model's first values.
    case lower
    /// At the upper parameters, which then have the lower model's shapes.
    case upper
  }

  /// The folder that the export wrote.
  public var folder = ""
  /// Where adaptation starts.
  public var start = Start.lower

  /// The defaults.
  public init() {}

  /// Declares every key.
  ///
  /// - Throws: ``SettingError`` for a value outside its range.
  public mutating func declare(_ keys: inout SettingKeys) throws {
    try keys("folder", &folder, "the folder that Launch/igbm_export.py wrote")
    try keys(
      "adapt-from", &start, "where adaptation starts: at the lower or the upper model's values")
  }
}
