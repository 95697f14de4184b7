/// A derivative along a line beside central differences of what it is the derivative of.
///
/// Differences are wrong by a multiple of the step's square, and by rounding over the step: of several steps the best one
/// counts. Where the function has a kink (ReLU, max-pooling, |x|), steps across it give neither derivative, so that the
/// steps become very small; at a kink itself there is no derivative to compare with.
struct Differences {
  /// The steps, from large to small.
  private static let steps = stride(from: 6, through: 30, by: 4).map {
    Double(sign: .plus, exponent: -$0, significand: 1)
  }

  /// The error of the best step, relative to the derivative; infinite where none is known, or what is claimed is no
  /// number.
  let error: Double
  /// Whether the function is known on both sides, at any step.
  let isKnown: Bool
  /// How much the slopes to both sides differ where they do so the least, relative to the derivative.
  let jump: Double

  /// Compares.
  ///
  /// - Parameters:
  ///   - derivative: What is claimed: for a function of several values as many.
  ///   - floor: Norms of derivatives below are not told from 0.
  ///   - value: The function, some way along the line; not a number where it is not known.
  /// - Throws: What `value` throws.
  init(
    of derivative: [Double], floor: Double, _ value: (Double) throws -> [Double]
  ) rethrows {
    let middle = try value(0)
    var (error, jump, isKnown) = (Double.infinity, Double.infinity, false)
    for step in Self.steps {
      let (above, below) = (try value(step), try value(-step))
      let central = Vectors.sum(above, below, times: -1).map { $0 / (2 * step) }
      let second = zip(zip(above, below), middle).map { ($0.0 - 2 * $1 + $0.1) / step }
      let size = max(Vectors.norm(derivative), Vectors.norm(central), floor)
      // 0 beside 0 is right, whatever the floor.
      func relative(_ norm: Double) -> Double { norm == 0 ? 0 : norm / size }
      let found = relative(Vectors.norm(Vectors.sum(central, derivative, times: -1)))
      if found < error { error = found }
      isKnown = isKnown || central.allSatisfy(\.isFinite)
      jump = min(jump, relative(Vectors.norm(second)))
    }
    (self.error, self.jump, self.isKnown) = (error, jump, isKnown)
  }

  /// Whether a kink is to blame for the error: both sides have slopes of their own, however near.
  func isKink(atMost bound: Double) -> Bool {
    error > bound && error < .infinity && jump > error / 8
  }
}

extension Check.Figure {
  /// The largest error of some lines, but for those on which a kink lies.
  static func worst(
    of lines: [Differences], atMost bound: Double, note: String? = nil
  ) -> Check.Figure {
    let known = lines.filter(\.isKnown)
    guard !known.isEmpty else { return .skipped("there are no values beside the point") }
    let smooth = known.filter { !$0.isKink(atMost: bound) }
    guard !smooth.isEmpty else {
      return .skipped("a kink lies at the point: there is no derivative to compare with")
    }
    let kinks = lines.count - smooth.count
    let kinkNote = kinks > 0 ? "a kink spoils \(kinks) of \(lines.count) lines" : nil
    let notes = [note, kinkNote].compactMap(\.self).joined(separator: "; ")
    return Check.Figure(
      smooth.map(\.error).max() ?? 0, atMost: bound, note: notes.isEmpty ? nil : notes)
  }
}
