import Tensors

extension Model {
  /// Computes a formula of the model once, for its value: predictions, features. For many, see ``Predictor``.
  ///
  /// - Parameters:
  ///   - data: The formula's input.
  ///   - values: The parameters to compute with; by default the model's own.
  ///   - precision: The arithmetic.
  ///   - formula: From the model's body and the input to the result.
  /// - Returns: The result.
  /// - Throws: As ``Predictor/callAsFunction(_:at:)``.
  public func evaluate(
    _ data: DataArray, at values: [Double]? = nil, precision: Precision = .single,
    _ formula: (Body, Tensor) throws -> Tensor
  ) throws -> DataArray {
    try withoutActuallyEscaping(formula) { formula in
      try Predictor(self, precision: precision, formula)(data, at: values ?? self.values)
    }
  }
}
