/// A learning rate that is multiplied by a factor at given steps, as PyTorch's `MultiStepLR` does it.
public struct SteppedRate: Sendable, Hashable {
  /// The rate of the first steps, above 0.
  public let initial: Double
  /// After how many steps it changes: rising numbers above 0.
  public let milestones: [Int]
  /// What it is multiplied by at each of them: above 0, at most 1.
  public let factor: Double

  /// A rate that changes.
  ///
  /// - Parameters:
  ///   - initial: The rate of the first steps, finite and above 0.
  ///   - milestones: After how many steps it changes, rising numbers above 0; none for a constant rate.
  ///   - factor: What it is multiplied by, above 0 and at most 1.
  /// - Throws: ``HypergradientError`` of code `parameter` for one outside its range.
  public init(
    _ initial: Double, milestones: [Int] = [], factor: Double = 0.1
  ) throws(HypergradientError) {
    try HypergradientError.requireRate(initial)
    try HypergradientError.require(
      zip([0] + milestones, milestones).allSatisfy(<),
      "the milestones are \(milestones); they must be rising numbers above 0")
    try HypergradientError.require(
      factor > 0 && factor <= 1, "factor is \(factor); it must be above 0 and at most 1")
    (self.initial, self.milestones, self.factor) = (initial, milestones, factor)
  }

  /// The rate of a step, counted from 0.
  public func callAsFunction(_ step: Int) -> Double {
    milestones.prefix { $0 <= step }.reduce(initial) { rate, _ in rate * factor }
  }
}
