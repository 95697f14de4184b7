import Tensors

/// H v = g with g brought to a size near 1 by a power of two, and v with it: all vectors here are those of g / scale.
struct LinearSystem<Operator: LinearOperator> {
  let hessian: Operator
  let algebra: VectorAlgebra
  /// The norms of g / scale, and of g itself.
  let scaledNorm: Double
  let norm: Double
  let scale: UnitScale
  private let g: Elements

  /// A system; the operator's vector becomes g / scale.
  init(_ hessian: Operator, _ g: Elements, _ scale: UnitScale, _ algebra: VectorAlgebra) {
    self.hessian = hessian
    self.g = g
    self.scale = scale
    self.algebra = algebra
    scale.divide(g, into: hessian.vector, algebra)
    scaledNorm = algebra.norm(hessian.vector)
    norm = scaledNorm * scale.factor
  }

  /// Writes g / scale.
  func copyRightHandSide(to x: Elements) { scale.divide(g, into: x, algebra) }

  /// The residual g - H v, all scaled, by a product of its own, and its norm. The operator's vector is overwritten;
  /// `residual` may be v.
  func residual(at v: Elements, into residual: Elements) -> Double {
    hessian.vector.copy(from: v)
    let product = hessian.product()
    copyRightHandSide(to: residual)
    algebra.add(-1, product, to: residual)
    return algebra.norm(residual)
  }

  /// Finds the true residual at v, for a report that lacks it.
  func measureResidual(_ report: inout SolveReport, at v: Elements, scratch: Elements) {
    guard !report.isResidualTrue else { return }
    let norm = residual(at: v, into: scratch)
    report.checks += 1
    guard norm.isFinite else { return }
    report.residual = norm * scale.factor
    report.isResidualTrue = true
  }
}
