import Tensors

/// x W + b: `[n, inputs]` to `[n, outputs]`.
public struct Dense: Layer {
  /// W, shape `[inputs, outputs]`.
  public let weight: Tensor
  /// b, shape `[outputs]`.
  public let bias: Tensor

  /// A dense layer with parameters `weight` and `bias`; the bias starts at 0.
  ///
  /// - Parameters:
  ///   - parameters: The part of the model that the two belong to.
  ///   - inputs: The size of an input, at least 1.
  ///   - outputs: The size of an output, at least 1.
  ///   - weight: How the weights are drawn.
  public init(
    _ parameters: Parameters, _ inputs: Int, _ outputs: Int,
    weight: Initialiser = .glorotUniform()
  ) {
    self.weight = parameters("weight", [inputs, outputs], weight)
    bias = parameters("bias", [outputs])
  }

  /// x W + b, `[n, outputs]`, of x `[n, inputs]`.
  public func output(_ x: Tensor) -> Tensor { matmul(x, weight) + bias }
}
