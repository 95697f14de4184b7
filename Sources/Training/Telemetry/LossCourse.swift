/// How upper losses go: whether training has lost what it had gained. Losses of single steps scatter, so that the medians of
/// neighbouring steps are compared with the best of them, and a single step with all before it.
public struct LossCourse: Sendable {
  /// A loss far above what training had reached.
  public struct Collapse: Sendable, Hashable {
    /// The loss: of a step, or the median of the last ones.
    public let loss: Double
    /// What it had been: the best median, or the largest loss of all steps before.
    public let before: Double
    /// The step that this was seen after, from 0.
    public let step: Int
    /// The last of the best steps, or of those before.
    public let stepBefore: Int
  }

  /// Neighbouring steps of a median, and steps before any loss is judged.
  private static let window = 10
  /// How many times as large as before a loss must be.
  private static let factor = 10.0
  /// The part of what training had gained that must be lost: beside it, no rise of what is next to nothing counts.
  private static let lost = 0.1

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
    let earlier = recent.count == Self.window ? largest : nil
    recent.append(loss)
    largest = max(largest, loss)
    if recent.count > Self.window { recent.removeFirst() }
    guard recent.count == Self.window else { return nil }
    let median = recent.sorted()[Self.window / 2]
    let start = first ?? median
    first = start
    if median < best?.median ?? .infinity { best = (median, step) }
    if let best, Self.isFar(median, above: best.median, start: start) {
      return Collapse(loss: median, before: best.median, step: step, stepBefore: best.step)
    }
    if let earlier, Self.isFar(loss, above: earlier, start: start) {
      return Collapse(loss: loss, before: earlier, step: step, stepBefore: step - 1)
    }
    return nil
  }

  /// Whether a loss is many times one from before, and what training gained since the start, if anything, is lost by some
  /// part. Differences count, so that losses may be negative.
  private static func isFar(_ loss: Double, above before: Double, start: Double) -> Bool {
    let rise = loss - before
    return rise > (factor - 1) * abs(before) && rise > lost * (start - before)
  }
}
