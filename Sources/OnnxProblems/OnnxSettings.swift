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

  /// Which tasks an upper step takes where there are more than it asks for.
  public enum Order: String, Sendable, CaseIterable {
    /// As chance has it, each once a step.
    case drawn
    /// One after another; each step begins one later than the last.
    case turns
  }

  /// The folder that the export wrote.
  public var folder = ""
  /// Where adaptation starts.
  public var start = Start.lower
  /// Which tasks a step takes.
  public var order = Order.drawn

  /// The defaults.
  public init() {}

  /// Declares every key.
  ///
  /// - Throws: ``SettingError`` for a value outside its range.
  public mutating func declare(_ keys: inout SettingKeys) throws {
    try keys("folder", &folder, "the folder that Launch/igbm_export.py wrote")
    try keys(
      "adapt-from", &start, "where adaptation starts: at the lower or the upper model's values")
    try keys("task-order", &order, "which tasks a step takes: drawn, or in turns")
  }
}
