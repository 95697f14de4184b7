/// Which training labels are replaced, and by what.
public struct CorruptionSettings: Sendable, Equatable {
  /// What a label is replaced by.
  public enum Kind: String, Sendable, CaseIterable {
    /// One of the other classes: truly wrong.
    case wrong
    /// Any class, the right one among them, as in the code of much of the literature.
    case anyClass = "any-class"
  }

  /// The part of the training labels that is replaced.
  public var part = 0.4
  /// What they are replaced by.
  public var kind = Kind.wrong

  mutating func declare(_ keys: inout SettingKeys) throws {
    try keys("corruption", &part, 0...1, "part of the training labels that are replaced")
    try keys("corruption-kind", &kind, "by what: wrong (another class), or any-class")
  }
}
