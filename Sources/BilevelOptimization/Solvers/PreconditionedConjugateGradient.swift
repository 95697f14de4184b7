import Randomness
import Tensors

/// Conjugate gradients with a diagonal preconditioner, which is estimated anew in every solve by products with vectors of
/// random signs, z Hz / z z (Bekas, Kokiopoulou and Saad, 2007), counted as further products.
final class PreconditionedConjugateGradient: LinearSolver {
  static let entry = SolverEntry(
    "cg-diagonal", "conjugate gradients with an estimate of the diagonal as preconditioner",
    needsCurvature: true, needsSymmetry: true
  ) { try PreconditionedConjugateGradient($0, $1, $2) }

  private let options: MethodOptions
  private let scratch: VectorStore

  init(_ options: MethodOptions, _ count: Int, _ algebra: VectorAlgebra) throws {
    self.options = options
    scratch = try VectorStore(
      vectors: 4, count: count, algebra.precision, for: "the vectors of conjugate gradients")
  }

  var byteCount: Int { scratch.byteCount }

  func solve(_ system: LinearSystem, from guess: Guess, into v: Elements) -> SolveReport {
    solve(system, from: guess, into: v) { [self] inverse, progress in
      if let diagonal = options.diagonal {
        inverse.set(diagonal.map { 1 / $0 })
      } else {
        estimate(inverse, &progress)
      }
    }
  }

  /// The same with a preconditioner of one's own.
  ///
  /// - Parameters:
  ///   - system: H and g.
  ///   - guess: Where to begin.
  ///   - v: Holds the guess, if there is one, and receives the solution.
  ///   - precondition: Sets the preconditioner, a positive factor for each element of a residual.
  /// - Returns: How it ended.
  func solve(
    _ system: LinearSystem, from guess: Guess, into v: Elements,
    precondition: (Elements, inout SolveProgress) -> Void
  ) -> SolveReport {
    let residual = scratch[0]
    var progress = SolveProgress(system, options, from: guess, v, into: residual)
    guard progress.hasStep else { return progress.report }
    precondition(scratch[3], &progress)
    while progress.hasStep { descend(&progress, v, residual) }
    return progress.report
  }

  /// 1 / max(|diagonal|, a part of its largest element), so that what looks flat is not blown up.
  private func estimate(_ inverse: Elements, _ progress: inout SolveProgress) {
    let (algebra, signs) = (progress.algebra, scratch[1])
    var stream = RandomStream(seed: options.seed, purpose: .solve)
    algebra.clear(inverse)
    for _ in 0..<options.probes {
      for index in 0..<signs.count { signs[index] = stream.next() & 1 == 0 ? 1 : -1 }
      let product = progress.secondProduct(of: signs)
      for index in 0..<signs.count {
        inverse[index] += signs[index] * product[index] / Double(options.probes)
      }
    }
    let least = 1e-3 * inverse.largestMagnitude
    for index in 0..<inverse.count {
      let size = max(abs(inverse[index]), least)
      inverse[index] = size > 0 && size.isFinite ? 1 / size : 1
    }
  }

  /// Steps from a residual to where it seems to be small enough.
  private func descend(_ progress: inout SolveProgress, _ v: Elements, _ residual: Elements) {
    let (algebra, p, z, inverse) = (progress.algebra, scratch[1], scratch[2], scratch[3])
    func precondition() -> Double {
      for index in 0..<z.count { z[index] = residual[index] * inverse[index] }
      return algebra.dot(residual, z)
    }
    guard progress.canBegin(algebra.norm(residual)) else { return }
    var squared = precondition()
    p.copy(from: z)
    while progress.hasStep {
      let hp = progress.product(of: p)
      let (curvature, length) = (algebra.dot(p, hp), algebra.dot(p, p))
      let gain = algebra.norm(hp) / length.squareRoot()
      guard progress.note(curvature: curvature / length, gain: gain) else { return }
      let flat = algebra.precision.epsilon * progress.report.hessianNorm * length
      guard abs(curvature) > flat else { return progress.end(.inconsistent) }
      if curvature < 0, options.negativeCurvature != .report {
        return progress.end(.negativeCurvature)
      }
      algebra.add(squared / curvature, p, to: v)
      algebra.add(-squared / curvature, hp, to: residual)
      if progress.isSettled(algebra.norm(residual), at: v, into: residual) { return }
      let next = precondition()
      algebra.replace(p, by: z, plus: next / squared)
      squared = next
    }
  }
}
