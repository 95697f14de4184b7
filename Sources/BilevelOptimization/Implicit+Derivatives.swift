import Tensors

/// The derivatives that hypergradients are made of, one by one: for checks. Each call reads the upper model's values.
extension Implicit {
  /// f, df/dw and H v at a point.
  ///
  /// - Throws: As ``computeGradients(validate:auxiliaryModel:train:)``.
  package func lowerDerivatives(
    train: Examples, at point: [Double], along direction: [Double]
  ) throws -> (loss: Double, gradient: [Double], product: [Double]) {
    let (loss, gradient, product) = try linearised(train: train, at: point)
    return (loss, gradient, product(direction))
  }

  /// f and df/dw at a point, and the products H v there: of the last point that was asked for.
  ///
  /// - Throws: As ``computeGradients(validate:auxiliaryModel:train:)``.
  package func linearised(
    train: Examples, at point: [Double]
  ) throws -> (loss: Double, gradient: [Double], product: ([Double]) -> [Double]) {
    let lower = try levels.lower(train, at: point, "the point")
    let gradient = lower.gradient().values
    let loss = lower.loss()
    lower.linearise()
    return (
      loss, gradient,
      { direction in
        lower.vector.set(direction)
        return lower.hessianVectorProduct().values
      }
    )
  }

  /// C v at a point.
  ///
  /// - Throws: As ``computeGradients(validate:auxiliaryModel:train:)``.
  package func mixedProduct(
    train: Examples, at point: [Double], along direction: [Double]
  ) throws -> [Double] {
    let lower = try levels.lower(train, at: point, "the point")
    _ = lower.gradient()
    lower.linearise()
    lower.vector.set(direction)
    return lower.mixedProduct().values
  }

  /// What derivatives of both objectives hold constant though it changes.
  package func stopped(
    _ task: (train: Examples, validate: Examples)
  ) throws -> (lower: StoppedGradients, upper: StoppedGradients) {
    (try levels.lower(task.train).stopped, try levels.upper(task.validate).stopped)
  }

  /// F, dF/dw and dF/du at a point.
  ///
  /// - Throws: As ``computeGradients(validate:auxiliaryModel:train:)``.
  package func upperDerivatives(
    validate: Examples, at point: [Double]
  ) throws -> (loss: Double, lower: [Double], upper: [Double]) {
    let upper = try levels.upper(validate)
    let store = try VectorStore(
      vectors: 1, count: point.count, options.precision, for: "a point of the lower model")
    return withExtendedLifetime(store) {
      store[0].set(point)
      let (loss, lower, direct) = upper.evaluate(at: store[0])
      return (loss, lower.values, direct.values)
    }
  }

  /// One gradient and one Hessian-vector product of the lower objective, to be timed. The product needs a gradient
  /// before it.
  ///
  /// - Throws: As ``computeGradients(validate:auxiliaryModel:train:)``.
  package func lowerCalls(
    train: Examples, at point: [Double]
  ) throws -> (gradient: () -> Void, product: () -> Void) {
    let lower = try levels.lower(train, at: point, "the point")
    _ = lower.gradient()
    lower.linearise()
    lower.vector.copy(from: lower.gradient())
    return ({ _ = lower.gradient() }, { _ = lower.hessianVectorProduct() })
  }
}
