import Tensors

/// A symmetric operator given by its products: a Hessian at a point.
protocol LinearOperator {
  /// The vector to multiply: set it, or change it in place.
  var vector: Elements { get }

  /// The product with ``vector``, to be read only; valid until the next call, or a change of the vector.
  func product() -> Elements
}

/// The Hessian of a lower objective at its linearised point, plus damping times the identity.
struct LowerHessian: LinearOperator {
  let program: LowerProgram
  let damping: Double
  /// Where a damped product goes: the program's own may be the vector itself, or hold zeros that it computes once.
  let damped: Elements
  let algebra: VectorAlgebra

  var vector: Elements { program.vector }

  func product() -> Elements {
    let product = program.hessianVectorProduct()
    if damping == 0 { return product }
    damped.copy(from: product)
    algebra.add(damping, program.vector, to: damped)
    return damped
  }
}
