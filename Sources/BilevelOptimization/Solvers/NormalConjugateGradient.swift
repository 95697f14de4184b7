import Tensors

/// Conjugate gradients on the normal equations H'H v = H'g (CGLS; Bjorck and Elfving, 1979): the least-squares answer of any
/// system, in two products a step, at the square of its condition.
final class NormalConjugateGradient: LinearSolver {
  static let entry = SolverEntry(
    "cg-normal", "conjugate gradients on H'H v = H'g, the least-squares answer of any system"
  ) { try NormalConjugateGradient($0, $1, $2) }

  private let options: MethodOptions
  private let scratch: VectorStore

  private init(_ options: MethodOptions, _ count: Int, _ algebra: VectorAlgebra) throws {
    self.options = options
    scratch = try VectorStore(
      vectors: 2, count: count, algebra.precision, for: "the vectors of normal equations")
  }

  var byteCount: Int { scratch.byteCount }

  func solve(_ system: LinearSystem, from guess: Guess, into v: Elements) -> SolveReport {
    var progress = SolveProgress(system, options, from: guess, v, into: scratch[0])
    while progress.hasStep { descend(&progress, v, scratch[0]) }
    return progress.report
  }

  /// Steps from a residual to where it seems to be small enough.
  private func descend(_ progress: inout SolveProgress, _ v: Elements, _ residual: Elements) {
    let (algebra, p) = (progress.algebra, scratch[1])
    guard progress.canBegin(algebra.norm(residual)) else { return }
    p.copy(from: progress.secondProduct(of: residual, transposed: true))
    var squared = algebra.dot(p, p)
    while progress.hasStep {
      // Of a least-squares answer that leaves a residual.
      guard squared > 0 else { return progress.end(.inconsistent) }
      let hp = progress.product(of: p)
      let (length, image) = (algebra.dot(p, p), algebra.dot(hp, hp))
      let gain = (image / length).squareRoot()
      guard progress.note(curvature: algebra.dot(p, hp) / length, gain: gain) else { return }
      guard image > 0 else { return progress.end(.inconsistent) }
      algebra.add(squared / image, p, to: v)
      algebra.add(-squared / image, hp, to: residual)
      if progress.isSettled(algebra.norm(residual), at: v, into: residual) { return }
      guard progress.hasStep else { return }
      let slope = progress.secondProduct(of: residual, transposed: true)
      let next = algebra.dot(slope, slope)
      algebra.replace(p, by: slope, plus: next / squared)
      squared = next
    }
  }
}
