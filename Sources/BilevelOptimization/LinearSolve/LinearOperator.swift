import Tensors

/// A symmetric operator given by its products: a Hessian at a point.
protocol LinearOperator {
  /// The vector to multiply: set it, or change it in place.
  var vector: Elements { get }

  /// The product with ``vector``; valid until the next call.
  func product() -> Elements
}

/// The Hessian of a lower objective at its linearised point, plus damping times the identity.
struct LowerHessian: LinearOperator {
  let program: LowerProgram
  let damping: Double
  let algebra: VectorAlgebra

  var vector: Elements { program.vector }

  func product() -> Elements {
    let product = program.hessianVectorProduct()
    if damping != 0 { algebra.add(damping, program.vector, to: product) }
    return product
  }
}
