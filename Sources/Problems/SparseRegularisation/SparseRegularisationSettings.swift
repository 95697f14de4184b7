/// Settings of ``SparseRegularisation``.
public struct SparseRegularisationSettings: SettingGroup, Equatable {
  /// Which lower parameters share a strength.
  public enum Grouping: String, Sendable, CaseIterable {
    /// All weights of a column, and the biases.
    case feature
    /// All.
    case one
  }

  /// LIBSVM text, or `ROWS,CLASSES`; the embedded digits where there is none.
  public var data = ""
  /// Rows that train; 0: all that neither validate nor test.
  public var train = 0
  /// Rows that validate: some of the data's own, or those of another place.
  public var validation = DataPart.fraction(0.3)
  /// Rows that test, likewise.
  public var test = DataPart.fraction(0.3)
  /// Whether the parts that validate and test have their share of each class.
  public var stratified = false
  /// Which lower parameters share a strength.
  public var grouping = Grouping.feature
  /// Every strength at the start, and the middle of their prior; 0: 1 / rows that train and validate.
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
    try keys("data", &data, "LIBSVM text, or ROWS,CLASSES (SciPy's .npz); empty: the digits")
    try keys("train", &train, 0...100_000_000, "rows that train; 0: all the rest")
    let expected = "a number of rows, a part such as 0.2, or a place as data"
    for (key, isValidation) in [("validation", true), ("test", false)] {
      var part = isValidation ? validation : test
      try keys(key, &part, expecting: expected, "rows that \(isValidation ? "validate" : "test")")
      guard part != .count(0), part != .folds else {
        throw SettingError("\(key)=\(part.rawValue): must be \(expected)")
      }
      if isValidation { validation = part } else { test = part }
    }
    try keys("stratified", &stratified, "whether both have their share of each class")
    try keys("grouping", &grouping, "a strength for each column (feature), or one for all")
    try keys("strength", &strength, 0...1e6, "every strength at the start; 0: 1 / rows")
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
