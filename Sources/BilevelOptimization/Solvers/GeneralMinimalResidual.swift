import Tensors

/// GMRES (Saad and Schultz, 1986), begun anew after so many steps: the k-th iterate has the smallest residual over
/// g, Hg, ..., H^(k-1) g. For any system; each step costs a pass over every step before it.
final class GeneralMinimalResidual: LinearSolver {
  static let entry = SolverEntry(
    "gmres", "minimal residuals (GMRES), for systems that need not be symmetric"
  ) { try GeneralMinimalResidual($0, $1, $2) }

  private static let mostVectors = 50
  private let options: MethodOptions
  private let basis: VectorStore
  private let length: Int

  private init(_ options: MethodOptions, _ count: Int, _ algebra: VectorAlgebra) throws {
    self.options = options
    length = max(1, min(options.k, Self.mostVectors))
    basis = try VectorStore(
      vectors: length + 2, count: count, algebra.precision, for: "the vectors of GMRES")
  }

  var byteCount: Int { basis.byteCount }

  func solve(_ system: LinearSystem, from guess: Guess, into v: Elements) -> SolveReport {
    let residual = basis[length + 1]
    var progress = SolveProgress(system, options, from: guess, v, into: residual)
    while progress.hasStep {
      guard progress.canBegin(progress.algebra.norm(residual)) else { break }
      minimise(&progress, v, residual)
    }
    return progress.report
  }

  /// Arnoldi's steps (modified Gram-Schmidt, twice) with a least-squares problem that Givens rotations keep triangular.
  private func minimise(_ progress: inout SolveProgress, _ v: Elements, _ residual: Elements) {
    let algebra = progress.algebra
    var problem = Triangle(algebra.norm(residual))
    basis[0].copy(from: residual)
    algebra.scale(basis[0], by: 1 / problem.residual)
    var isComplete = false
    while progress.hasStep, problem.count < length, !isComplete {
      let (place, next) = (problem.count, basis[problem.count + 1])
      next.copy(from: progress.product(of: basis[place]))
      let gain = algebra.norm(next)
      var column = [Double](repeating: 0, count: place + 2)
      for _ in 0..<2 {
        for earlier in 0...place {
          let part = algebra.dot(basis[earlier], next)
          algebra.add(-part, basis[earlier], to: next)
          column[earlier] += part
        }
      }
      column[place + 1] = algebra.norm(next)
      guard progress.note(curvature: column[place], gain: gain) else { return }
      isComplete = column[place + 1] <= algebra.precision.epsilon * gain
      if isComplete { column[place + 1] = 0 }
      problem.add(column)
      if !isComplete { algebra.scale(next, by: 1 / column[place + 1]) }
      // Where the residual looks small enough, the solution is formed and its true residual found.
      let norm = problem.residual * progress.system.scale.factor
      if progress.criterion.isMet(norm, rightHandSide: progress.system.norm) { break }
    }
    guard let weights = problem.solution else { return progress.end(.inconsistent) }
    for (index, weight) in weights.enumerated() { algebra.add(weight, basis[index], to: v) }
    if progress.isSettled(problem.residual, at: v, into: residual) { return }
    if isComplete { return progress.end(.inconsistent) }
    if progress.hasStep { progress.findResidual(at: v, into: residual) }
  }

  /// min ||b e1 - H y|| for a Hessenberg matrix H that comes column by column.
  private struct Triangle {
    private var columns: [[Double]] = []
    private var rotations: [(cosine: Double, sine: Double)] = []
    private var right: [Double]
    var count: Int { columns.count }
    /// The norm of what is left.
    var residual: Double { abs(right[count]) }

    init(_ norm: Double) { right = [norm] }

    mutating func add(_ column: [Double]) {
      var column = column
      func rotate(_ place: Int, _ by: (cosine: Double, sine: Double)) {
        let (x, y) = (column[place], column[place + 1])
        column[place] = by.cosine * x + by.sine * y
        column[place + 1] = by.cosine * y - by.sine * x
      }
      for (place, rotation) in rotations.enumerated() { rotate(place, rotation) }
      let (x, y) = (column[count], column[count + 1])
      let length = (x * x + y * y).squareRoot()
      let rotation = length > 0 ? (cosine: x / length, sine: y / length) : (cosine: 1, sine: 0)
      rotate(count, rotation)
      rotations.append(rotation)
      right.append(-rotation.sine * right[count])
      right[count] *= rotation.cosine
      columns.append(column)
    }

    /// y; nil where the triangle is singular.
    var solution: [Double]? {
      var y = Array(right.prefix(count))
      for row in (0..<count).reversed() {
        for column in row + 1..<max(count, row + 1) { y[row] -= columns[column][row] * y[column] }
        guard columns[row][row] != 0 else { return nil }
        y[row] /= columns[row][row]
      }
      return y
    }
  }
}
