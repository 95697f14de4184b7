import Tensors

/// The dense Hessian, a product a column, factored: exact for any system that has a solution, of up to some thousand lower
/// parameters. It needs as many products as there are, whatever k is.
final class DirectSolver: LinearSolver {
  static let entry = SolverEntry(
    "direct", "the dense Hessian, factored, for up to \(mostParameters) lower parameters",
    needsCurvature: true
  ) { try DirectSolver($0, $1, $2) }

  private static let mostParameters = 4_000
  private let options: MethodOptions
  private let scratch: VectorStore
  private let count: Int

  private init(_ options: MethodOptions, _ count: Int, _ algebra: VectorAlgebra) throws {
    try HypergradientError.require(
      count <= Self.mostParameters,
      "solver is direct, and there are \(count) lower parameters; it must be another solver for "
        + "more than \(Self.mostParameters)")
    try requireMemory(ofNumbers: 2 * count * count, for: "the dense Hessian")
    self.options = options
    self.count = count
    scratch = try VectorStore(
      vectors: 2, count: count, algebra.precision, for: "the vectors of the direct solve")
  }

  var byteCount: Int { scratch.byteCount + 2 * count * count * MemoryLayout<Double>.stride }

  func solve(_ system: LinearSystem, from guess: Guess, into v: Elements) -> SolveReport {
    let (unit, residual) = (scratch[0], scratch[1])
    var progress = SolveProgress(system, options.unlimited, from: .zero, v, into: residual)
    guard progress.hasStep else { return progress.report }
    let g = residual.values
    var matrix = [Double](repeating: 0, count: count * count)
    for column in 0..<count {
      progress.algebra.clear(unit)
      unit[column] = 1
      let product = progress.product(of: unit)
      let gain = progress.algebra.norm(product)
      guard progress.note(curvature: product[column], gain: gain) else { return progress.report }
      for row in 0..<count { matrix[row * count + column] = product[row] }
    }
    let factor = DenseFactor(
      matrix, count: count, epsilon: Double(count) * progress.algebra.precision.epsilon)
    if factor.isSingular {
      progress.end(.inconsistent)
    } else {
      v.set(factor.solve(g))
      progress.finish(at: v, into: residual)
    }
    return progress.report
  }
}

extension MethodOptions {
  /// The same without a bound on steps: of solvers whose number of products is fixed.
  var unlimited: MethodOptions {
    var copy = self
    copy.k = .max
    return copy
  }
}
