import Tensors

/// Steps v = v - a (H v - g): plain descent on v'Hv / 2 - g'v. One of them a step from where the last upper step left v is
/// what single-loop methods do (SOBA: Dagreou et al., 2022).
final class DescentSolver: LinearSolver {
  static let entry = SolverEntry(
    "descent", "gradient descent on the quadratic, for warm solves of few steps"
  ) { try DescentSolver($0, $1, $2) }

  private let options: MethodOptions
  private let scratch: VectorStore

  private init(_ options: MethodOptions, _ count: Int, _ algebra: VectorAlgebra) throws {
    self.options = options
    scratch = try VectorStore(
      vectors: 2, count: count, algebra.precision, for: "the vectors of descent")
  }

  var byteCount: Int { scratch.byteCount }

  /// The residual that it reports is the last that it knows: of the iterate before the last step.
  func solve(_ system: LinearSystem, from guess: Guess, into v: Elements) -> SolveReport {
    let (algebra, g, residual) = (system.algebra, scratch[0], scratch[1])
    g.copy(from: system.hessian.vector)
    var report = SolveReport(initialResidual: system.norm)
    if guess == .zero { algebra.clear(v) }
    while report.steps < options.k {
      let squared = algebra.dot(v, v)
      system.hessian.vector.copy(from: v)
      let product = system.hessian.product()
      report.steps += 1
      let image = algebra.norm(product)
      if squared > 0 {
        report.note(
          curvature: algebra.dot(v, product) / squared, gain: image / squared.squareRoot())
      }
      residual.copy(from: g)
      algebra.add(-1, product, to: residual)
      algebra.add(options.rate, residual, to: v)
      let before = report.residual
      let norm = algebra.norm(residual) * system.scale.factor
      guard image.isFinite, norm.isFinite else {
        report.reason = .breakdown
        return report
      }
      (report.residual, report.isResidualTrue) = (norm, false)
      report.isDiverging = report.steps > 1 && norm > before
    }
    return report
  }
}
