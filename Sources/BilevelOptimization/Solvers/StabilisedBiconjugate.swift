import Tensors

/// BiCGSTAB (van der Vorst, 1992) with the first residual as shadow: for any system, two products a step and a fixed number
/// of vectors.
final class StabilisedBiconjugate: LinearSolver {
  static let entry = SolverEntry(
    "bicgstab", "stabilised biconjugate gradients, for systems that need not be symmetric"
  ) { try StabilisedBiconjugate($0, $1, $2) }

  private let options: MethodOptions
  private let scratch: VectorStore

  private init(_ options: MethodOptions, _ count: Int, _ algebra: VectorAlgebra) throws {
    self.options = options
    scratch = try VectorStore(
      vectors: 4, count: count, algebra.precision, for: "the vectors of BiCGSTAB")
  }

  var byteCount: Int { scratch.byteCount }

  func solve(_ system: LinearSystem, from guess: Guess, into v: Elements) -> SolveReport {
    var progress = SolveProgress(system, options, from: guess, v, into: scratch[0])
    while progress.hasStep { stabilise(&progress, v, scratch[0]) }
    return progress.report
  }

  /// Steps from a residual to where it seems to be small enough.
  private func stabilise(_ progress: inout SolveProgress, _ v: Elements, _ residual: Elements) {
    let algebra = progress.algebra
    let (shadow, p, hp) = (scratch[1], scratch[2], scratch[3])
    guard progress.canBegin(algebra.norm(residual)) else { return }
    shadow.copy(from: residual)
    p.copy(from: residual)
    var rho = algebra.dot(shadow, residual)
    while progress.hasStep {
      hp.copy(from: progress.product(of: p))
      let squared = algebra.dot(p, p)
      guard
        progress.note(
          curvature: algebra.dot(p, hp) / squared, gain: algebra.norm(hp) / squared.squareRoot())
      else { return }
      let alpha = rho / algebra.dot(shadow, hp)
      guard alpha.isFinite else { return progress.end(.breakdown) }
      algebra.add(-alpha, hp, to: residual)
      algebra.add(alpha, p, to: v)
      let t = progress.secondProduct(of: residual)
      let length = algebra.dot(t, t)
      let omega = length > 0 ? algebra.dot(t, residual) / length : 0
      algebra.add(omega, residual, to: v)
      algebra.add(-omega, t, to: residual)
      if progress.isSettled(algebra.norm(residual), at: v, into: residual) { return }
      let next = algebra.dot(shadow, residual)
      guard next != 0, omega != 0 else { return progress.end(.breakdown) }
      algebra.add(-omega, hp, to: p)
      algebra.replace(p, by: residual, plus: next / rho * (alpha / omega))
      rho = next
    }
  }
}
