/// Settings of ``Regularisation``.
public struct RegularisationSettings: SettingGroup, Equatable {
  /// Which lower parameters share a strength.
  public enum Grouping: String, Sendable, CaseIterable {
    /// None: each has its own.
    case parameter
    /// All weights of an input, those of a further layer, and a layer's biases.
    case feature
    /// Those of a layer's weights, and those of its biases.
    case layer
    /// All weights; biases have a hundredth of the first strength.
    case one
  }

  /// What a strength multiplies.
  public enum Penalty: String, Sendable, CaseIterable {
    /// Half the square of a lower parameter.
    case l2
    /// Its size: lower parameters that examples say little of are exactly 0, with `lower-rule=proximal`.
    case l1
    /// Both, by strengths of their own (Zou and Hastie, 2005).
    case elasticNet = "elastic-net"

    /// What it is made of.
    var parts: [Penalty] { self == .elasticNet ? [.l2, .l1] : [self] }
  }

  /// The examples.
  public var table = TableSettings()
  /// Examples that train and validate; 0: all that do not test.
  public var train = 0
  /// Which examples validate: each fold of the training examples in turn, some of them, or those of another file.
  public var validation = DataPart.folds
  /// Which examples test: some of the data's own, or those of another file.
  public var test = DataPart.fraction(0.3)
  /// Folds that the training examples are cut into.
  public var folds = 5
  /// Whether folds, and examples that validate and test, have their share of each class.
  public var stratified = false
  /// The lower model.
  public var network = DenseNetwork.linear
  /// Units of the hidden layer.
  public var hidden = 32
  /// What a strength multiplies.
  public var penalty = Penalty.l2
  /// Which lower parameters share a strength.
  public var grouping = Grouping.one
  /// The first rate of dropout of each dense layer's inputs, which are learnt; 0: nothing drops.
  public var dropout = 0.0
  /// Every strength at the start, and the middle of their prior; 0: 1 / examples that train and validate.
  public var strength = 0.0
  /// The standard deviation of the prior of the strengths' logarithms; 0: no prior.
  public var priorWidth = 2.0
  /// The standard deviation of the logarithms of strengths of single parameters or inputs around what these have in common; 0, or without
  /// a prior: they have nothing in common.
  public var spread = 0.003

  /// The defaults.
  public init() {}

  /// Declares every key.
  ///
  /// - Throws: ``SettingError`` for a value outside its range.
  public mutating func declare(_ keys: inout SettingKeys) throws {
    try table.declare(&keys)
    try keys("train", &train, 0...10_000_000, "examples that train and validate; 0: all the rest")
    let expected = "a number of examples, a part such as 0.2, or a file"
    try keys(
      "validation", &validation, expecting: "folds, " + expected,
      "folds, examples that validate, a part of all, or a file of such")
    try keys("test", &test, expecting: expected, "examples that test, likewise")
    for (key, part) in [("validation", validation), ("test", test)]
    where part == .count(0) || key == "test" && part == .folds {
      throw SettingError("\(key)=\(part.rawValue): must be \(expected)")
    }
    try keys("stratified", &stratified, "whether all parts have their share of each class")
    try keys("folds", &folds, 2...1000, "folds that the training examples are cut into")
    try keys("network", &network, "lower model: linear, tanh or relu")
    try keys("hidden", &hidden, 1...10_000, "units of the hidden layer")
    try keys(
      "norm", &penalty, "what strengths multiply: l2 (w^2 / 2), l1 (|w|, a lasso), or elastic-net")
    try keys(
      "grouping", &grouping,
      "a strength for each parameter, each input (feature), each layer, or one for all weights")
    try keys("strength", &strength, 0...1e6, "every strength at the start; 0: 1 / train")
    guard strength == 0 || strength >= 1e-12 else {
      throw SettingError("strength=\(strength): must be 0, or at least 1e-12")
    }
    try keys(
      "dropout", &dropout, 0...0.9,
      "first rate of dropout of each layer's inputs; 0: none is learnt")
    try keys(
      "prior-width", &priorWidth, 0...1e6,
      "how far their logarithms stray from it: the prior's standard deviation; 0: no prior")
    try keys(
      "spread", &spread, 0...1e6,
      "how far those of single parameters or inputs stray from what they have in common; 0: there is no such"
    )
  }
}
