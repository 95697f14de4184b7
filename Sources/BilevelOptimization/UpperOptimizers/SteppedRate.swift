/// A learning rate that changes with the step: it rises in a line at first, if it is told to, then is multiplied by a factor at
/// given steps, as PyTorch's `MultiStepLR` does it, and falls along half a cosine (Loshchilov and Hutter, 2017).
public struct SteppedRate: Sendable, Hashable {
  /// The rate of the first steps after the rise, above 0.
  public let initial: Double
  /// After how many steps it changes: rising numbers above 0.
  public let milestones: [Int]
  /// What it is multiplied by at each of them: above 0, at most 1.
  public let factor: Double
  /// The steps of the rise, 0 or more: step i of them has (i + 1) / (steps + 1) of the rate.
  public let rise: Int
  /// The steps until it has fallen to nothing along half a cosine, and stays; 0 for never.
  public let fall: Int

  /// A rate that changes.
  ///
  /// - Parameters:
  ///   - initial: The rate of the first steps, finite and above 0.
  ///   - milestones: After how many steps it changes, rising numbers above 0; none for a constant rate.
  ///   - factor: What it is multiplied by, above 0 and at most 1.
  ///   - rise: The steps of the rise, 0 or more.
  ///   - fall: The steps until it has fallen to nothing, 0 for never, else more than those of the rise.
  /// - Throws: ``HypergradientError`` of code `parameter` for one outside its range.
  public init(
    _ initial: Double, milestones: [Int] = [], factor: Double = 0.1, rise: Int = 0, fall: Int = 0
  ) throws(HypergradientError) {
    try HypergradientError.requireRate(initial)
    try HypergradientError.require(
      zip([0] + milestones, milestones).allSatisfy(<),
      "the milestones are \(milestones); they must be rising numbers above 0")
    try HypergradientError.require(
      factor > 0 && factor <= 1, "factor is \(factor); it must be above 0 and at most 1")
    try HypergradientError.require(rise >= 0, "rise is \(rise); it must be 0 or more")
    try HypergradientError.require(
      fall == 0 || fall > rise, "fall is \(fall); it must be 0, or above the rise of \(rise)")
    (self.initial, self.milestones, self.factor) = (initial, milestones, factor)
    (self.rise, self.fall) = (rise, fall)
  }

  /// The rate of a step, counted from 0.
  public func callAsFunction(_ step: Int) -> Double {
    let rate = milestones.prefix { $0 <= step }.reduce(initial) { rate, _ in rate * factor }
    if step < rise { return rate * (Double(step + 1) / Double(rise + 1)) }
    if fall == 0 { return rate }
    return rate * Self.halfCosine(Double(min(step, fall) - rise) / Double(fall - rise))
  }

  /// (1 + cos(pi x)) / 2 for x from 0 to 1, by its series, so that bits do not depend on a mathematics library.
  private static func halfCosine(_ x: Double) -> Double {
    if x > 0.5 { return 1 - halfCosine(1 - x) }
    let square = (Double.pi * x) * (Double.pi * x)
    var cosine = 1.0
    for index in stride(from: 20, to: 0, by: -2) {
      cosine = 1 - square / Double(index * (index - 1)) * cosine
    }
    return (1 + cosine) / 2
  }
}
