import Tensors

/// H v = g with g brought to a size near 1 by a power of two, and v with it: all vectors here are those of g / scale.
struct LinearSystem {
  let hessian: any LinearOperator
  let algebra: VectorAlgebra
  /// The norms of g / scale, and of g itself.
  let scaledNorm: Double
  let norm: Double
  let scale: UnitScale
  /// What tolerances are multiplied by.
  let tightness: Double
  /// A mean of squared gradients, element by element, where the lower optimiser has one.
  let secondMoment: Elements?
  private let g: Elements

  /// A system; the operator's vector becomes g / scale.
  init(
    _ hessian: any LinearOperator, _ g: Elements, _ scale: UnitScale, _ algebra: VectorAlgebra,
    tightness: Double = 1, secondMoment: Elements? = nil
  ) {
    self.tightness = tightness
    self.secondMoment = secondMoment
    self.hessian = hessian
    self.g = g
    self.scale = scale
    self.algebra = algebra
    scale.divide(g, into: hessian.vector, algebra)
    scaledNorm = algebra.norm(hessian.vector)
    norm = scaledNorm * scale.factor
  }

  /// Finds the true residual g - H v by a product of its own. The operator's vector is overwritten.
  ///
  /// - Parameters:
  ///   - v: The solution.
  ///   - residual: Receives the residual; may be v itself.
  ///   - report: Receives the residual's norm, in the size of g, if it is finite.
  /// - Returns: The residual's norm.
  func measureResidual(
    at v: Elements, into residual: Elements, _ report: inout SolveReport
  ) -> Double {
    hessian.vector.copy(from: v)
    let product = hessian.product()
    scale.divide(g, into: residual, algebra)
    algebra.add(-1, product, to: residual)
    report.checks += 1
    let norm = algebra.norm(residual)
    if norm.isFinite {
      report.residual = norm * scale.factor
      report.isResidualTrue = true
    }
    return norm
  }

  /// Begins at a guess.
  ///
  /// - Parameters:
  ///   - guess: Where v begins.
  ///   - v: Holds the guess, or receives zeros.
  ///   - residual: Receives the residual g - H v.
  ///   - report: Receives its norm.
  func begin(
    _ guess: Guess, _ v: Elements, into residual: Elements, _ report: inout SolveReport
  ) {
    switch guess {
    case .zero:
      algebra.clear(v)
      scale.divide(g, into: residual, algebra)
    case .vector: _ = measureResidual(at: v, into: residual, &report)
    }
  }
}

/// Where a solve begins.
enum Guess {
  /// At nothing.
  case zero
  /// At what the solution's vector holds.
  case vector
}
