/// Settings of ``SparseRegularisation``.
public struct SparseRegularisationSettings: SettingGroup, Equatable {
  /// Which lower parameters share a strength.
  public enum Grouping: String, Sendable, CaseIterable {
    /// All weights of a column, and the biases.
    case feature
    /// All weights of a class, and its bias.
    case ofClass = "class"
    /// All.
    case one
  }

  /// LIBSVM text, or `ROWS,TARGETS`; the embedded digits where there is none.
  public var data = ""
  /// What the targets are.
  public var kind = TableSettings.Kind.auto
  /// Rows that train; 0: all that neither validate nor test.
  public var train = 0
  /// Rows that validate: some of the data's own, those of another place, or each fold of those that train in turn.
  public var validation = DataPart.fraction(0.3)
  /// Rows that test, likewise.
  public var test = DataPart.fraction(0.3)
  /// Folds that the rows that train are cut into, where these validate.
  public var folds = 5
  /// Whether the parts that validate and test have their share of each class.
  public var stratified = false
  /// What a strength multiplies.
  public var penalty = RegularisationSettings.Penalty.l2
  /// Which lower parameters share a strength.
  public var grouping = Grouping.feature
  /// Every strength at the start, and the middle of their prior; 0: 1 / rows that train and validate, or of an L1 penalty 1/32 of
  /// that beyond which no weight is left.
  public var strength = 0.0
  /// The standard deviation of the prior of the strengths' logarithms, or of what they have in common; 0: no prior.
  public var priorWidth = 2.0
  /// The standard deviation of the logarithms of columns' strengths around what these have in common; 0, or without a prior:
  /// they have nothing in common.
  public var spread = 0.3

  /// The defaults.
  public init() {}

  /// Declares every key.
  ///
  /// - Throws: ``SettingError`` for a value outside its range.
  public mutating func declare(_ keys: inout SettingKeys) throws {
    try keys("data", &data, "LIBSVM text, or ROWS,TARGETS (SciPy's .npz); empty: the digits")
    try keys(
      "kind", &kind, "targets: classification, regression, or auto: classes if all are whole")
    try keys("train", &train, 0...100_000_000, "rows that train; 0: all the rest")
    let expected = "a number of rows, a part such as 0.2, or a place as data"
    for (key, isValidation) in [("validation", true), ("test", false)] {
      var part = isValidation ? validation : test
      try keys(
        key, &part, expecting: (isValidation ? "folds, " : "") + expected,
        "rows that \(isValidation ? "validate" : "test")")
      guard part != .count(0), isValidation || part != .folds else {
        throw SettingError("\(key)=\(part.rawValue): must be \(expected)")
      }
      if isValidation { validation = part } else { test = part }
    }
    try keys("folds", &folds, 2...1000, "folds of the rows that train, for validation=folds")
    try keys("stratified", &stratified, "whether both have their share of each class")
    try keys(
      "norm", &penalty, "what strengths multiply: l2 (w^2 / 2), l1 (|w|, a lasso), or elastic-net")
    try keys(
      "grouping", &grouping, "a strength for each column (feature), each class, or one for all")
    try keys(
      "strength", &strength, 0...1e6,
      "every strength at the start; 0: 1 / rows, or 1/32 of what leaves a lasso no weights")
    guard strength == 0 || strength >= 1e-12 else {
      throw SettingError("strength=\(strength): must be 0, or at least 1e-12")
    }
    try keys(
      "prior-width", &priorWidth, 0...1e6,
      "how far their logarithms stray from it: the prior's standard deviation; 0: no prior")
    try keys(
      "spread", &spread, 0...1e6,
      "how far those of columns stray from what they have in common; 0: there is no such")
  }
}
