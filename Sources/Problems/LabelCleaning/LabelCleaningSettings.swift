/// Settings of ``LabelCleaning``.
public struct LabelCleaningSettings: LabelledDataSettingGroup, Equatable {
  /// The examples, and which of them train, validate and test.
  public var examples = LabelledDataSettings()
  /// Which training labels are replaced.
  public var corruption = CorruptionSettings()
  /// How lower steps see images.
  public var augmentation = AugmentationSettings()
  /// The lower model.
  public var network = ClassifierNetwork.tanh
  /// Units of the hidden layer.
  public var hidden = 32
  /// The lower objective's penalty: l2 * ||w||^2.
  public var l2 = 0.0001
  /// The part of the training images that a task draws.
  public var trainPart = 0.5
  /// The part of the validation images that a task draws.
  public var validationPart = 2.0 / 3
  /// Lower steps of the trainings that the results compare: many more than adaptation's, so that wrong labels
  /// are learnt by heart where nothing prevents it.
  public var finalSteps = 2000

  /// The defaults.
  public init() {}

  /// Declares every key.
  ///
  /// - Throws: ``SettingError`` for a value outside its range.
  public mutating func declare(_ keys: inout SettingKeys) throws {
    try examples.declareParts(&keys)
    try corruption.declare(&keys)
    try keys.classifier(&network, hidden: &hidden)
    try augmentation.declare(&keys)
    try keys("l2", &l2, 0...1e6, "lower penalty: l2 * ||w||^2")
    try keys("train-part", &trainPart, 1e-6...1, "part of the training images that a task draws")
    try keys(
      "validation-part", &validationPart, 1e-6...1, "part of the validation images, likewise")
    try keys("final-steps", &finalSteps, 1...1_000_000, "lower steps of the compared trainings")
    try examples.declareReading(&keys)
  }
}
