/// Settings of ``WeightNet``.
public struct WeightNetSettings: LabelledDataSettingGroup, Equatable {
  /// What weighs an example.
  public enum Weights: String, Sendable, CaseIterable {
    /// A net of its loss.
    case loss
    /// Its class.
    case classes
    /// Both: their product.
    case both
  }

  /// The examples, and which of them train, validate and test.
  public var examples = LabelledDataSettings()
  /// Which training labels are replaced.
  public var corruption = CorruptionSettings()
  /// How lower steps see images.
  public var augmentation = AugmentationSettings()
  /// How many times fewer examples of the last class train than of the first; classes between in geometric steps.
  public var imbalance = 1.0
  /// What weighs an example.
  public var weights = Weights.loss
  /// Units of the hidden layer of the net that weighs.
  public var weightHidden = 100
  /// The lower model.
  public var network = ClassifierNetwork.tanh
  /// Units of its hidden layer.
  public var hidden = 32
  /// The lower objective's penalty: l2 * ||w||^2.
  public var l2 = 0.0001
  /// Whether the results have lower models that are trained with equal weights, and with right labels, to compare.
  public var compare = true

  /// The defaults.
  public init() {}

  /// Declares every key.
  ///
  /// - Throws: ``SettingError`` for a value outside its range.
  public mutating func declare(_ keys: inout SettingKeys) throws {
    try examples.declareParts(&keys)
    try corruption.declare(&keys)
    try keys("imbalance", &imbalance, 1...1e6, "how many times fewer train of the last class")
    try keys("weights", &weights, "what weighs an example: its loss, its class (classes), or both")
    try keys("weight-hidden", &weightHidden, 1...10_000, "hidden units of the net that weighs")
    try keys.classifier(&network, hidden: &hidden)
    try augmentation.declare(&keys)
    try keys("l2", &l2, 0...1e6, "lower penalty: l2 * ||w||^2")
    try keys("compare", &compare, "whether results train with equal weights, too: as long again")
    try examples.declareReading(&keys)
  }
}
