import Tensors

/// MINRES (Paige and Saunders, 1975): the k-th iterate has the smallest residual over g, Hg, ..., H^(k-1) g. For symmetric
/// systems that may be indefinite or semidefinite.
final class MinimalResidual: LinearSolver {
  static let entry = SolverEntry(
    "minres", "minimal residuals (MINRES), for Hessians that may be indefinite", needsSymmetry: true
  ) { try MinimalResidual($0, $1, $2) }

  private let options: MethodOptions
  private let scratch: VectorStore
  private let history: ResidualHistory

  private init(_ options: MethodOptions, _ count: Int, _ algebra: VectorAlgebra) throws {
    self.options = options
    scratch = try VectorStore(
      vectors: 5, count: count, algebra.precision, for: "the vectors of MINRES")
    history = try ResidualHistory(steps: options.k, count: count, algebra)
  }

  var byteCount: Int { scratch.byteCount + history.byteCount }

  func solve(_ system: LinearSystem, from guess: Guess, into v: Elements) -> SolveReport {
    let residual = scratch[0]
    var progress = SolveProgress(system, options, from: guess, v, into: residual)
    while progress.hasStep { minimise(&progress, v, residual) }
    return progress.report
  }

  /// The last rotation of the tridiagonal matrix's factorisation, and what it leaves to the next.
  private struct Rotation {
    var (cosine, sine) = (-1.0, 0.0)
    var (diagonal, epsilon) = (0.0, 0.0)
  }

  /// Steps from a residual to where it seems to be small enough.
  private func minimise(_ progress: inout SolveProgress, _ v: Elements, _ residual: Elements) {
    let algebra = progress.algebra
    var (lanczos, before) = (scratch[1], scratch[2])
    var (direction, earlier) = (scratch[3], scratch[4])
    for vector in [before, direction, earlier] { algebra.clear(vector) }
    history.clear()
    var (phi, beta, rotation) = (algebra.norm(residual), 0.0, Rotation())
    guard progress.canBegin(phi) else { return }
    lanczos.copy(from: residual)
    algebra.scale(lanczos, by: 1 / phi)
    while progress.hasStep {
      history.keep(lanczos, squared: 1)
      let product = progress.product(of: lanczos)
      let alpha = algebra.dot(lanczos, product)
      guard progress.note(curvature: alpha, gain: algebra.norm(product)) else { return }
      residual.copy(from: product)
      algebra.add(-alpha, lanczos, to: residual)
      let squared = history.add(-beta, before, orthogonalising: residual)
      let next = algebra.norm(residual, squared: squared)
      let last = rotation
      let delta = last.cosine * last.diagonal + last.sine * alpha
      let bar = last.sine * last.diagonal - last.cosine * alpha
      let gamma = (bar * bar + next * next).squareRoot()
      guard gamma > algebra.precision.epsilon * progress.report.hessianNorm else {
        return progress.end(.inconsistent)
      }
      rotation = Rotation(
        cosine: bar / gamma, sine: next / gamma, diagonal: -last.cosine * next,
        epsilon: last.sine * next)
      // The direction is (lanczos - delta direction - epsilon earlier) / gamma, in the earlier one's place.
      algebra.scale(earlier, by: -last.epsilon)
      algebra.add(1, lanczos, to: earlier)
      algebra.add(-delta, direction, to: earlier)
      algebra.scale(earlier, by: 1 / gamma)
      (direction, earlier) = (earlier, direction)
      algebra.add(rotation.cosine * phi, direction, to: v)
      phi *= rotation.sine
      if progress.isSettled(phi, at: v, into: residual) { return }
      (before, lanczos) = (lanczos, before)
      lanczos.copy(from: residual)
      algebra.scale(lanczos, by: 1 / next)
      beta = next
    }
  }
}
