import Tensors

/// The residuals of a solve so far, against which new ones are made orthogonal again.
///
/// In exact arithmetic conjugate gradients' residuals are orthogonal; rounding loses that as eigenvalues are found, and
/// with it the solution where curvature is small. Orthogonalising anew (Lanczos with full re-orthogonalisation:
/// Paige, 1972; Parlett, 1980) costs two passes over each earlier residual, little beside a Hessian-vector product, and
/// brings the error in single precision down some 25 times after ten steps. Of longer solves the latest residuals
/// are kept.
final class ResidualHistory {
  private static let mostVectors = 32
  private let store: VectorStore
  private let algebra: VectorAlgebra
  private var squares: [Double]
  private var kept = 0
  private var next = 0

  /// Room for a solve.
  ///
  /// - Parameters:
  ///   - steps: The most steps of the solve.
  ///   - count: The residuals' length.
  ///   - algebra: Its arithmetic.
  /// - Throws: `TensorError` where there is no memory for them.
  init(steps: Int, count: Int, _ algebra: VectorAlgebra) throws(TensorError) {
    // The last step's residual is not multiplied again.
    let vectors = min(max(steps - 1, 0), Self.mostVectors)
    store = try VectorStore(
      vectors: vectors, count: count, algebra.precision, for: "the residuals of the linear solve")
    squares = [Double](repeating: 0, count: vectors)
    self.algebra = algebra
  }

  /// Bytes of memory.
  var byteCount: Int { store.byteCount }

  /// Forgets all residuals.
  func clear() { (kept, next) = (0, 0) }

  /// Keeps a residual whose squared norm is known and above 0.
  func keep(_ residual: Elements, squared: Double) {
    guard !squares.isEmpty else { return }
    store[next].copy(from: residual)
    squares[next] = squared
    kept = min(kept + 1, squares.count)
    next = (next + 1) % squares.count
  }

  /// Adds alpha x to the latest residual, and takes from it what it then has of those kept.
  ///
  /// - Returns: The squared norm of what is left.
  func add(_ alpha: Double, _ x: Elements, orthogonalising residual: Elements) -> Double {
    // What is to be added next, and the dot product that it depends on, are one pass.
    var (alpha, x) = (alpha, x)
    for index in 0..<kept {
      alpha = -algebra.add(alpha, x, to: residual, dotWith: store[index]) / squares[index]
      x = store[index]
    }
    return algebra.add(alpha, x, to: residual, dotWith: residual)
  }
}
