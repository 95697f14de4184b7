/// Settings of ``Regularisation``.
public struct RegularisationSettings: SettingGroup, Equatable {
  /// What the targets are.
  public enum Kind: String, Sendable, CaseIterable {
    /// Class numbers from 0.
    case classification
    /// Numbers.
    case regression
  }

  /// Which lower parameters share a strength.
  public enum Grouping: String, Sendable, CaseIterable {
    /// None: each has its own.
    case parameter
    /// Those of a layer's weights, and those of its biases.
    case layer
    /// All.
    case one
  }

  /// The CSV file; the embedded digits where there is none.
  public var data = ""
  /// The column of the targets, by name or number; negative numbers count from the end.
  public var target = "-1"
  /// What the targets are.
  public var kind = Kind.classification
  /// Examples that train and validate; 0: all that do not test.
  public var train = 200
  /// The part of all examples that tests.
  public var testPart = 0.3
  /// Folds that the training examples are cut into.
  public var folds = 5
  /// The lower model.
  public var network = DenseNetwork.linear
  /// Units of the hidden layer.
  public var hidden = 32
  /// Which lower parameters share a strength.
  public var grouping = Grouping.parameter
  /// Every strength at the start.
  public var strength = 0.001

  /// The defaults.
  public init() {}

  /// Declares every key.
  ///
  /// - Throws: ``SettingError`` for a value outside its range.
  public mutating func declare(_ keys: inout SettingKeys) throws {
    try keys("data", &data, "CSV file of numbers; empty: the embedded digits")
    try keys("target", &target, "column of the targets, by name or number; -1 is the last")
    try keys("kind", &kind, "classification (classes from 0) or regression")
    try keys("train", &train, 0...10_000_000, "examples that train and validate; 0: all the rest")
    try keys("test-part", &testPart, 0.01...0.9, "part of all examples that tests")
    try keys("folds", &folds, 2...1000, "folds that the training examples are cut into")
    try keys("network", &network, "lower model: linear, tanh or relu")
    try keys("hidden", &hidden, 1...10_000, "units of the hidden layer")
    try keys("grouping", &grouping, "a strength for each parameter, each layer's, or one for all")
    try keys("strength", &strength, 1e-12...1e6, "every strength at the start")
  }
}
