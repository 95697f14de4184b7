/// Settings of ``Distillation``.
public struct DistillationSettings: LabelledDataSettingGroup, Equatable {
  /// What the distilled examples are at first.
  public enum Origin: String, Sendable, CaseIterable {
    /// Examples of their class, drawn by the seed.
    case examples
    /// Normal noise around 1/2 in images, around 0 in tables' columns.
    case noise
  }

  /// The real examples, and which of them test; all others are what distilled ones are to stand for.
  public var examples: LabelledDataSettings = {
    var examples = LabelledDataSettings()
    examples.train = 0
    return examples
  }()
  /// Distilled examples of each class.
  public var perClass = 1
  /// What they are at first.
  public var from = Origin.examples
  /// Whether their labels are learnt, too.
  public var softLabels = false
  /// How many factors of the lower rate are learnt: none, 1, or one a lower step.
  public var rates = 1
  /// The lower model.
  public var network = ClassifierNetwork.tanh
  /// Units of its hidden layer.
  public var hidden = 32
  /// The lower objective's penalty: l2 * ||w||^2.
  public var l2 = 0.0
  /// Draws of as many real examples that the results compare with.
  public var draws = 10

  /// The defaults.
  public init() {}

  /// Declares every key.
  ///
  /// - Throws: ``SettingError`` for a value outside its range.
  public mutating func declare(_ keys: inout SettingKeys) throws {
    try examples.declareParts(&keys)
    try keys("per-class", &perClass, 1...10_000, "distilled examples of each class")
    try keys("from", &from, "what they are at first: examples of their class, or noise")
    try keys("soft-labels", &softLabels, "whether their labels are learnt, too")
    try keys(
      "rates", &rates, 0...1_000_000, "learnt factors of lower-rate: 0, 1, or one a lower step")
    try keys.classifier(&network, hidden: &hidden)
    try keys("l2", &l2, 0...1e6, "lower penalty: l2 * ||w||^2")
    try keys("draws", &draws, 1...1000, "draws of as many real examples to compare with")
    try examples.declareReading(&keys)
  }
}
