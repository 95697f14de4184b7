import Tensors

extension Model {
  /// Computes a formula of the model once, for its value: predictions, features. It is planned anew each time;
  /// for many, see ``Predictor``.
  ///
  /// - Parameters:
  ///   - data: The formula's input, of any shape that the formula takes.
  ///   - values: The parameters to compute with, as many as the model has; by default the model's own.
  ///   - precision: The arithmetic.
  ///   - formula: From the model's body and the input to the result.
  /// - Returns: The result, in the formula's shape.
  /// - Throws: As ``Predictor/callAsFunction(_:at:)``; `TensorError` for kernels that are not there.
  public func evaluate(
    _ data: DataArray, at values: [Double]? = nil, precision: Precision = .single,
    _ formula: (Body, Tensor) throws -> Tensor
  ) throws -> DataArray {
    try withoutActuallyEscaping(formula) { formula in
      try Predictor(self, precision: precision, formula)(data, at: values ?? self.values)
    }
  }
}
