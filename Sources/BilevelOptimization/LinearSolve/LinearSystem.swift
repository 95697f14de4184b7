import Tensors

/// H v = g with g brought to a norm near 1 by a power of two. Solves are linear in g, so that the same digits come out at
/// every scale of it, and squares neither vanish nor overflow.
struct LinearSystem<Operator: LinearOperator> {
  let hessian: Operator
  let algebra: VectorAlgebra
  /// The norm of g itself.
  let norm: Double
  /// What g is multiplied by.
  let factor: Double
  private let g: Elements

  init(_ hessian: Operator, _ g: Elements, _ algebra: VectorAlgebra) {
    self.hessian = hessian
    self.g = g
    self.algebra = algebra
    norm = algebra.norm(g)
    let exponents = algebra.precision.exponents
    let exponent =
      norm.isFinite && norm > 0
      ? min(max(-Int(norm.exponent), exponents.lowerBound), exponents.upperBound) : 0
    factor = Double(sign: .plus, exponent: exponent, significand: 1)
  }

  /// The norm of the scaled g.
  var scaledNorm: Double { norm * factor }

  /// Writes the scaled g.
  func copyRightHandSide(to x: Elements) {
    x.copy(from: g)
    algebra.scale(x, by: factor)
  }

  /// The residual g - H v, all scaled, by a product of its own, and its norm. The operator's vector is overwritten;
  /// `residual` may be v.
  func residual(at v: Elements, into residual: Elements) -> Double {
    hessian.vector.copy(from: v)
    let product = hessian.product()
    copyRightHandSide(to: residual)
    algebra.add(-1, product, to: residual)
    return algebra.norm(residual)
  }

  /// Finds the true residual at a solution that has the scale of g, for a report that lacks it.
  func measureResidual(_ report: inout SolveReport, at v: Elements, scratch: Elements) {
    guard !report.isResidualTrue else { return }
    scratch.copy(from: v)
    algebra.scale(scratch, by: factor)
    let norm = residual(at: scratch, into: scratch)
    report.checks += 1
    guard norm.isFinite else { return }
    report.residual = norm / factor
    report.isResidualTrue = true
  }

  /// Brings a solution of the scaled system to the scale of g.
  func restoreScale(of v: Elements) { algebra.scale(v, by: 1 / factor) }
}
