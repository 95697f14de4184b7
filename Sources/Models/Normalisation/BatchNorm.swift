import Tensors

/// Batch normalisation (Ioffe and Szegedy, 2015): over all axes but the last,
/// (x - mean) / sqrt(variance + epsilon) * gain + shift, with the biased variance. The shape `[n, ..., channels]` stays as
/// it is.
///
/// Mean and variance are those of the input, in training and in use (the "transductive" setting of few-shot learning),
/// unless a layer is called with other ``NormStatistics``: those that it has of other examples, or stored ones. One value a
/// channel normalised by itself is 0 whatever it is, so that nothing before it would train: such inputs are an error.
public struct BatchNorm: Layer {
  /// Shape `[channels]`.
  public let gain: Tensor
  /// Shape `[channels]`.
  public let shift: Tensor
  /// The stored mean and variance, each `[channels]`; `nil` where none are kept.
  public let stored: (mean: Tensor, variance: Tensor)?
  /// Keeps the division finite; above 0.
  public let epsilon: Double
  private let names: (mean: String, variance: String)

  /// A normalisation with parameters `gain`, which starts at 1, and `shift`, at 0.
  ///
  /// - Parameters:
  ///   - parameters: The part of the model that they belong to.
  ///   - channels: The size of the input's last axis, at least 1.
  ///   - epsilon: What is added to the variance; above 0.
  ///   - keepsStatistics: Whether there are parameters `mean`, which starts at 0, and `variance`, at 1. No objective
  ///     changes them, unless a term is over all parameters; ``Model/storingStatistics(of:at:precision:)`` sets them.
  public init(
    _ parameters: Parameters, _ channels: Int, epsilon: Double = 1e-5,
    keepsStatistics: Bool = false
  ) {
    gain = parameters("gain", [channels], .ones)
    shift = parameters("shift", [channels])
    stored =
      keepsStatistics
      ? (parameters("mean", [channels]), parameters("variance", [channels], .ones)) : nil
    names = (parameters.fullName("mean"), parameters.fullName("variance"))
    self.epsilon = epsilon
  }

  /// The normalised input, of the shape of x, `[n, ..., channels]`.
  public func output(_ x: Tensor) -> Tensor {
    switch x.normBook?.use {
    case nil, .recorded: normalisedByItself(x)
    case .repeated: normalised(x, x.normBook?.read().map { ($0.mean, $0.variance) })
    case .stored: normalised(x, stored)
    }
  }

  private func normalisedByItself(_ x: Tensor) -> Tensor {
    let values = x.shape.sizes.dropLast().reduce(1, *)
    guard x.shape.rank > 1, values > 1 else {
      return x.failed(
        "an input of shape \(x.shape) has \(x.shape.rank > 1 ? values : 1) value a channel, which "
          + "normalises to 0 whatever it is, so that nothing before it trains",
        "give more examples or larger images, or leave the layer out", x.shape)
    }
    let axes = 0..<x.shape.rank - 1
    let centred = x.centred
    let variance = centred.squared.mean(axes: axes)
    if let book = x.normBook {
      book.write(
        .init(mean: x.mean(axes: axes), variance: variance, names: stored == nil ? nil : names))
    }
    return centred * (gain / sqrt(variance + epsilon)) + shift
  }

  private func normalised(_ x: Tensor, _ given: (mean: Tensor, variance: Tensor)?) -> Tensor {
    guard let given else {
      return x.failed(
        "there are no statistics of other examples",
        "make the batch norm with keepsStatistics, and call the same layers for all examples",
        x.shape)
    }
    return (x - given.mean) * (gain / sqrt(given.variance + epsilon)) + shift
  }
}
