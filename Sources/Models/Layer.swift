import Tensors

/// Something that turns a tensor into another. It is called like a function: `layer(x)`.
public protocol Layer {
  /// The layer's output.
  ///
  /// - Parameter x: The input, examples along its first axis: `[n, ...]`.
  /// - Returns: The output, `[n, ...]`.
  func output(_ x: Tensor) -> Tensor
}

extension Layer {
  /// The layer's output. Where the shape does not fit, the trace throws a `TensorError` that names the layer and the
  /// caller's line.
  ///
  /// - Parameters:
  ///   - x: The input, examples along its first axis: `[n, ...]`.
  ///   - file: The caller's file, for errors.
  ///   - line: The caller's line, for errors.
  /// - Returns: The output, `[n, ...]`.
  public func callAsFunction(
    _ x: Tensor, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    x.inLayer(self, file: file, line: line, output)
  }
}
