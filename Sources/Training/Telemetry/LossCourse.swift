/// How upper losses go: whether training has lost what it had gained. Losses of single steps scatter: the lower quartile of
/// neighbouring steps is compared with the best median of such, and a single step with the largest loss of all before it.
public struct LossCourse: Sendable {
  /// A loss far above what training had reached.
  public struct Collapse: Sendable, Hashable {
    /// The loss: of a step, or the lower quartile of the last ones.
    public let loss: Double
    /// What it had been: the best median, or the largest loss of all steps before.
    public let before: Double
    /// The step that this was seen after, from 0.
    public let step: Int
    /// The last of the best steps, or of those before.
    public let stepBefore: Int
  }

  /// Neighbouring steps whose medians and quartiles are compared.
  private static let window = 20
  /// Steps before a single one is judged.
  private static let patience = 10
  /// How many times as large as before a loss must be.
  private static let factor = 10.0
  /// The part of what training had gained that must be lost: beside it, no rise of what is next to nothing counts.
  private static let lost = 0.1

  private var count = 0
  private var recent: [Double] = []
  private var largest = -Double.infinity
  private var first: Double?
  private var best: (median: Double, step: Int)?

  /// No losses yet.
  public init() {}

  /// Notes a step's loss.
  ///
  /// - Parameters:
  ///   - loss: The mean upper loss.
  ///   - step: The step's number, from 0.
  /// - Returns: What is wrong after the step; nil where nothing is.
  public mutating func note(_ loss: Double, step: Int) -> Collapse? {
    let earlier = count >= Self.patience ? largest : nil
    count += 1
    recent.append(loss)
    largest = max(largest, loss)
    if recent.count > Self.window { recent.removeFirst() }
    if recent.count == Self.window {
      let sorted = recent.sorted()
      let (quartile, median) = (sorted[Self.window / 4], sorted[Self.window / 2])
      let start = first ?? median
      first = start
      if median < best?.median ?? .infinity { best = (median, step) }
      if let best, Self.isFar(quartile, above: best.median, start: start) {
        return Collapse(loss: quartile, before: best.median, step: step, stepBefore: best.step)
      }
    }
    guard let earlier, Self.isFar(loss, above: earlier, start: earlier) else { return nil }
    return Collapse(loss: loss, before: earlier, step: step, stepBefore: step - 1)
  }

  /// Whether a loss is many times one from before, and what training gained since the start, if anything, is lost by some
  /// part. Differences count, so that losses may be negative.
  private static func isFar(_ loss: Double, above before: Double, start: Double) -> Bool {
    let rise = loss - before
    return rise > (factor - 1) * abs(before) && rise > lost * (start - before)
  }
}
