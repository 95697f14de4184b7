/// Settings of ``LabelCleaning``.
public struct LabelCleaningSettings: SettingGroup, Equatable {
  /// What a label is replaced by.
  public enum CorruptionKind: String, Sendable, CaseIterable {
    /// One of the other classes: truly wrong.
    case wrong
    /// Any class, the right one among them, as in the code of much of the literature.
    case anyClass = "any-class"
  }

  /// The data: a folder of images, or a table, read as the settings say; the embedded digits where `table.data` is empty.
  public var table: TableSettings = {
    var table = TableSettings()
    table.kind = .classification
    return table
  }()
  /// The folder or the table.
  public var data: String {
    get { table.data }
    set { table.data = newValue }
  }
  /// The IDX file of the images, in that folder; `.gz` may be left out.
  public var images = "train-images-idx3-ubyte"
  /// The IDX file of their classes.
  public var labels = "train-labels-idx1-ubyte"
  /// Training images; 0: all that neither validate nor test.
  public var train = 1000
  /// Images that validate; their labels are taken to be right. Where they are of another file or folder, all of the data
  /// train, with the labels that they have.
  public var validation: DataPart = 297
  /// Test images; where others validate than the data's own, none unless they are of another place, too.
  public var test: DataPart = 500
  /// Whether the parts that validate and test have their share of each class.
  public var stratified = false
  /// The part of the training images whose label is replaced.
  public var corruption = 0.4
  /// What it is replaced by.
  public var corruptionKind = CorruptionKind.wrong
  /// The lower model.
  public var network = DenseNetwork.tanh
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
    try keys("data", &data, "folder, table, or INPUTS,TARGETS; empty: the embedded digits")
    try keys("images", &images, "IDX file of the images, in that folder; .gz may be left out")
    try keys("labels", &labels, "IDX file of their classes")
    try keys("train", &train, 0...10_000_000, "training images; 0: all the rest")
    let expected = "a number of examples, a part such as 0.2, or a folder or file"
    try keys(
      "validation", &validation, expecting: expected,
      "validation examples, a part of all, or a folder or file of such; then all of data train")
    guard validation != .count(0), validation != .folds else {
      throw SettingError("validation=\(validation.rawValue): must be \(expected)")
    }
    try keys("test", &test, expecting: expected, "test examples, likewise")
    guard test != .folds else { throw SettingError("test=folds: must be \(expected)") }
    try keys("stratified", &stratified, "whether both have their share of each class")
    try keys("corruption", &corruption, 0...1, "part of the training labels that are replaced")
    try keys("corruption-kind", &corruptionKind, "by what: wrong (another class), or any-class")
    try keys("network", &network, "lower model: linear, tanh or relu")
    try keys("hidden", &hidden, 1...10_000, "units of the hidden layer")
    try keys("l2", &l2, 0...1e6, "lower penalty: l2 * ||w||^2")
    try keys("train-part", &trainPart, 1e-6...1, "part of the training images that a task draws")
    try keys(
      "validation-part", &validationPart, 1e-6...1, "part of the validation images, likewise")
    try keys("final-steps", &finalSteps, 1...1_000_000, "lower steps of the compared trainings")
    try table.declareTarget(&keys)
    try table.declareReading(&keys)
  }
}
