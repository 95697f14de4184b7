import Foundation
import Tensors

/// Whether a lower objective is a mean over rows, with terms that contain none: found by numbers, for over four rows it is then
/// the mean of what it is over two halves of them, and so are its derivatives.
struct RowAdditivity {
  /// One row, or two, of each half.
  private let halves: [[Int]]
  private static let tolerance = 1e-6

  /// For so many rows, at least 2: some that are far apart, for neighbours may be alike.
  init(rows: Int) {
    halves =
      rows < 4 ? [[0], [rows - 1]] : [[0, 2 * rows / 3], [rows / 3, rows - 1]]
  }

  /// Throws where it is none.
  ///
  /// - Parameters:
  ///   - slabs: How many are asked for.
  ///   - examples: The rows.
  ///   - upper: The upper parameters.
  ///   - lower: The lower ones.
  ///   - make: Plans the objective for examples, in double precision.
  /// - Throws: ``HypergradientError``; what planning throws.
  func check(
    slabs: Int, _ examples: Examples, upper: [Double], lower: [Double],
    make: (Examples) throws -> PlannedLowerProgram
  ) throws {
    // Beside the values themselves, where much may vanish or be equal.
    let (upper, lower) = (Self.moved(upper), Self.moved(lower))
    func derivatives(_ rows: [Int]) throws -> Derivatives {
      let examples = try examples.rows(rows)
      let program = try make(examples)
      try program.load(upper, examples)
      // Masks of other shapes would be other masks.
      program.drawNothing()
      program.point.set(lower)
      program.vector.set(lower.indices.map { cos(Double($0)) })
      let gradient = program.gradient().values
      let loss = program.loss()
      program.linearise()
      return Derivatives(
        loss: loss, gradient: gradient, mixed: program.mixedProduct().values)
    }
    let (first, second) = (try derivatives(halves[0]), try derivatives(halves[1]))
    let whole = try derivatives(halves[0] + halves[1])
    guard let difference = whole.difference(from: first, second, Self.tolerance) else { return }
    throw HypergradientError(
      .parameter,
      "slabs=\(slabs): the lower objective is no mean over rows: over \(halves[0].count * 2) of them \(difference) is "
        + "not the mean of what it is over two halves of these; where it adds up "
        + "rows, divide by their number; what couples rows (batch normalisation over the batch, weights "
        + "that are divided by their sum) needs slabs=1")
  }

  private static func moved(_ values: [Double]) -> [Double] {
    values.indices.map { values[$0] + 0.05 * cos(Double($0) + 1) }
  }

  /// f, df/dw and C v over some rows.
  private struct Derivatives {
    let loss: Double
    let gradient, mixed: [Double]

    /// The first of them that is not the mean of two others.
    func difference(from a: Derivatives, _ b: Derivatives, _ tolerance: Double) -> String? {
      func differ(_ whole: [Double], _ a: [Double], _ b: [Double]) -> Bool {
        let sizes = (whole + a + b).map(\.magnitude)
        // What is not finite here tells nothing.
        guard let largest = sizes.max(), sizes.allSatisfy(\.isFinite) else { return false }
        return whole.indices.contains {
          abs(whole[$0] - (a[$0] + b[$0]) / 2) > tolerance * largest
        }
      }
      if differ([loss], [a.loss], [b.loss]) { return "the loss" }
      if differ(gradient, a.gradient, b.gradient) { return "its gradient in the lower parameters" }
      if differ(mixed, a.mixed, b.mixed) { return "what the upper parameters do to that gradient" }
      return nil
    }
  }
}
