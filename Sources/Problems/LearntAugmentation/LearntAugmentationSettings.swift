/// Settings of ``LearntAugmentation``.
public struct LearntAugmentationSettings: LabelledDataSettingGroup, Equatable {
  /// The images, and which of them train, validate and test.
  public var examples: LabelledDataSettings = {
    var examples = LabelledDataSettings()
    examples.train = 200
    examples.validation = 500
    return examples
  }()
  /// The strength that each change begins with, in its own unit; 0 leaves it out.
  public var first = Dictionary(
    uniqueKeysWithValues: ImageChange.allCases.map { ($0, $0.firstStrength) })
  /// The lower model.
  public var network = ClassifierNetwork.tanh
  /// Units of its hidden layer.
  public var hidden = 32
  /// The lower objective's penalty: l2 * ||w||^2.
  public var l2 = 0.0001
  /// Whether the results have lower models that are trained with other strengths to compare.
  public var compare = true

  /// The defaults.
  public init() {}

  /// Declares every key.
  ///
  /// - Throws: ``SettingError`` for a value outside its range.
  public mutating func declare(_ keys: inout SettingKeys) throws {
    try examples.declareParts(&keys)
    for change in ImageChange.allCases {
      var strength = first[change] ?? 0
      try keys(
        change.rawValue, &strength, 0...1e4, "first strength: \(change.unit); 0: none such")
      guard strength == 0 || strength >= Self.least else {
        throw SettingError("\(change.rawValue)=\(strength): must be 0, or at least \(Self.least)")
      }
      first[change] = strength
    }
    guard !used.isEmpty else {
      throw SettingError(
        ImageChange.allCases.map(\.rawValue).joined(separator: ", ")
          + ": all strengths are 0, and none is learnt; set one above")
    }
    try keys.classifier(&network, hidden: &hidden)
    try keys("l2", &l2, 0...1e6, "lower penalty: l2 * ||w||^2")
    try keys("compare", &compare, "whether results train with other strengths, too")
    try examples.declareReading(&keys)
  }

  /// The changes that there are, in order, with their first strengths.
  var used: [(change: ImageChange, strength: Double)] {
    ImageChange.allCases.map { ($0, first[$0] ?? 0) }.filter { $0.1 > 0 }
  }

  private static var least: Double { 1e-6 }
}
