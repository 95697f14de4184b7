import Tensors

/// An operator given by its products, symmetric unless it says otherwise: a Hessian at a point.
protocol LinearOperator: AnyObject {
  /// The vector to multiply: set it, or change it in place.
  var vector: Elements { get }

  /// The product with ``vector``, to be read only; valid until the next call, or a change of the vector.
  func product() -> Elements

  /// The transposed operator's product with ``vector``, likewise.
  func transposedProduct() -> Elements
}

extension LinearOperator {
  /// The same as the product: the operator is symmetric.
  func transposedProduct() -> Elements { product() }
}
