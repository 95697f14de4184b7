import Randomness
import Tensors

/// The inverse of a low-rank approximation of H, made of some of its columns, plus damping (Hataya and Yamada, 2023): with
/// the columns K, v = (H_K H_KK^-1 H_K' + rho I)^-1 g by Woodbury's formula. It needs a product a column, whatever k is.
final class NystromSolver: LinearSolver {
  static let entry = SolverEntry(
    "nystrom", "the inverse of a low-rank approximation of the Hessian plus damping",
    needsSymmetry: true
  ) { try NystromSolver($0, $1, $2) }

  private let options: MethodOptions
  /// K, the same in every solve.
  private let columns: [Int]
  private let scratch: VectorStore
  /// H_K, column by column.
  private let images: VectorStore

  private init(_ options: MethodOptions, _ count: Int, _ algebra: VectorAlgebra) throws {
    try HypergradientError.require(
      options.damping > 0,
      "damping is \(options.damping) with solver nystrom, which divides by it; it must be above 0")
    self.options = options
    var stream = RandomStream(seed: options.seed, purpose: .solve)
    columns = options.columns ?? stream.choose(min(options.rank, count), of: count).sorted()
    scratch = try VectorStore(
      vectors: 2, count: count, algebra.precision, for: "the vectors of the Nystrom solve")
    images = try VectorStore(
      vectors: columns.count, count: count, algebra.precision,
      for: "the columns of the Nystrom solve")
  }

  var byteCount: Int { scratch.byteCount + images.byteCount }

  func solve(_ system: LinearSystem, from guess: Guess, into v: Elements) -> SolveReport {
    let (unit, residual) = (scratch[0], scratch[1])
    var progress = SolveProgress(system, options.unlimited, from: .zero, v, into: residual)
    guard progress.hasStep else { return progress.report }
    let (algebra, rho) = (progress.algebra, options.damping)
    for (index, column) in columns.enumerated() {
      algebra.clear(unit)
      unit[column] = 1
      images[index].copy(from: progress.product(of: unit))
      // The system has the damping on its diagonal, the approximation not yet.
      images[index][column] -= rho
      let gain = algebra.norm(images[index])
      guard progress.note(curvature: images[index][column], gain: gain) else {
        return progress.report
      }
    }
    let rank = columns.count
    var small = [Double](repeating: 0, count: rank * rank)
    for row in 0..<rank {
      for column in 0..<rank {
        small[row * rank + column] =
          images[column][columns[row]] + algebra.dot(images[row], images[column]) / rho
      }
    }
    let factor = DenseFactor(small, count: rank, epsilon: 0)
    guard !factor.isSingular else {
      progress.end(.inconsistent)
      return progress.report
    }
    let weights = factor.solve((0..<rank).map { algebra.dot(images[$0], residual) })
    v.copy(from: residual)
    algebra.scale(v, by: 1 / rho)
    for (index, weight) in weights.enumerated() {
      algebra.add(-weight / (rho * rho), images[index], to: v)
    }
    progress.finish(at: v, into: residual)
    return progress.report
  }
}
