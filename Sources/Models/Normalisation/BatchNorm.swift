import Tensors

/// Batch normalisation (Ioffe and Szegedy, 2015) with the batch's own statistics, in training and in use (the
/// "transductive" setting of few-shot learning): over all axes but the last,
/// (x - mean) / sqrt(variance + epsilon) * gain + shift, with the biased variance. The shape `[n, ..., channels]`
/// stays as it is. One value a channel normalises to 0 whatever it is, so that nothing before it would train: such inputs
/// are an error.
public struct BatchNorm: Layer {
  /// Shape `[channels]`.
  public let gain: Tensor
  /// Shape `[channels]`.
  public let shift: Tensor
  /// Keeps the division finite; above 0.
  public let epsilon: Double

  /// A normalisation with parameters `gain`, which starts at 1, and `shift`, at 0.
  ///
  /// - Parameters:
  ///   - parameters: The part of the model that the two belong to.
  ///   - channels: The size of the input's last axis, at least 1.
  ///   - epsilon: What is added to the variance; above 0.
  public init(_ parameters: Parameters, _ channels: Int, epsilon: Double = 1e-5) {
    gain = parameters("gain", [channels], .ones)
    shift = parameters("shift", [channels])
    self.epsilon = epsilon
  }

  /// The normalised input, of the shape of x, `[n, ..., channels]`.
  public func output(_ x: Tensor) -> Tensor {
    let values = x.shape.sizes.dropLast().reduce(1, *)
    guard x.shape.rank > 1, values > 1 else {
      return x.failed(
        "an input of shape \(x.shape) has \(x.shape.rank > 1 ? values : 1) value a channel, which "
          + "normalises to 0 whatever it is, so that nothing before it trains",
        "give more examples or larger images, or leave the layer out", x.shape)
    }
    let centred = x.centred
    let variance = centred.squared.mean(axes: 0..<x.shape.rank - 1)
    return centred * (gain / sqrt(variance + epsilon)) + shift
  }
}
