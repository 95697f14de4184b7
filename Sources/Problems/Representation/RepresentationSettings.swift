/// Settings of ``Representation``.
public struct RepresentationSettings: SettingGroup, Equatable {
  /// Heads by name.
  public enum Head: String, Sendable, CaseIterable {
    /// Least squares on ones and zeros, with an L2 term: a linear system.
    case ridge
    /// Cross-entropy, with an L2 term.
    case dense
  }

  /// What tasks are drawn from.
  public var tasks = ImageTaskSettings()
  /// The network that makes features.
  public var network = ImageNetworkSettings()
  /// The head that a task trains on them.
  public var head = Head.ridge
  /// The first strength of the head's L2 term, which is learnt; 0: no such term.
  public var l2 = 0.1
  /// Whether the head's start is learnt, too.
  public var learnsStart = false

  /// The defaults.
  public init() {}

  /// Declares every key.
  ///
  /// - Throws: ``SettingError`` for a value outside its range.
  public mutating func declare(_ keys: inout SettingKeys) throws {
    try tasks.declare(&keys)
    try network.declare(&keys)
    try keys("head", &head, "what a task trains on features: ridge (least squares), or dense")
    try keys("l2", &l2, 0...1e6, "first strength of its L2 term, which is learnt; 0: no such term")
    guard l2 > 0 || head == .dense else {
      throw SettingError("l2=0.0: head=ridge needs a strength above 0, or head=dense")
    }
    try keys("learn-start", &learnsStart, "whether its start is learnt, too (method=unrolled)")
  }
}
