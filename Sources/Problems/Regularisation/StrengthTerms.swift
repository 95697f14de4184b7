/// What strengths are called elsewhere: scikit-learn's C and alpha.
struct StrengthTerms {
  /// Whether |w| is multiplied, or w^2 / 2.
  let penalty: RegularisationSettings.Penalty
  /// The penalty that it is part of.
  let whole: RegularisationSettings.Penalty
  let isClassification: Bool
  /// N.
  let count: Int
  /// What the loss is the mean over: "standardised examples".
  let noun: String

  // An elastic net's strengths, as a lasso's, are beside half the mean of squares; a ridge's beside their sum.
  private var isMean: Bool { whole != .l2 }

  /// What a table of strengths is about.
  var about: String {
    "Learnt strengths s of the penalty \(penalty == .l1 ? "sum s |w|" : "1/2 sum s w^2") beside the mean "
      + "\(isClassification ? "cross-entropy" : "squared error") of N = \(count) \(noun)"
  }

  /// What the other name is, and how it is computed.
  var title: String {
    let name = whole == .l1 ? "alpha" : penalty == .l1 ? "alpha r" : "alpha (1 - r)"
    return isClassification
      ? "C = 1 / (N s)" : isMean ? "\(name) = s / 2" : "alpha = N s / 2"
  }

  /// A strength by that name.
  func theirs(_ strength: Double) -> Double {
    isClassification
      ? 1 / (Double(count) * strength) : (isMean ? 1 : Double(count)) * strength / 2
  }
}
