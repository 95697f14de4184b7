import Tensors

/// Layer normalisation (J. Ba, J. Kiros and G. Hinton, 2016): each example over its last axis, with the biased variance,
/// times a gain plus a shift. The shape `[..., width]` stays as it is.
public struct LayerNorm: Layer {
  /// Shape `[width]`.
  public let gain: Tensor
  /// Shape `[width]`.
  public let shift: Tensor
  private let epsilon: Double

  /// A normalisation with parameters `gain`, which starts at 1, and `shift`, at 0.
  ///
  /// - Parameters:
  ///   - parameters: The part of the model that the two belong to.
  ///   - width: The size of the input's last axis, at least 1.
  ///   - epsilon: What is added to the variance; above 0.
  public init(_ parameters: Parameters, _ width: Int, epsilon: Double = 1e-5) {
    gain = parameters("gain", [width], .ones)
    shift = parameters("shift", [width])
    self.epsilon = epsilon
  }

  /// The normalised input, of the shape of x.
  public func output(_ x: Tensor) -> Tensor {
    x.normalised(axes: [-1], epsilon: epsilon) * gain + shift
  }
}

/// Group normalisation (Y. Wu and K. He, 2018): each example over groups of successive channels and all pixels, with the
/// biased variance, times a gain plus a shift. The shape `[n, ..., channels]` stays as it is.
public struct GroupNorm: Layer {
  /// Shape `[channels]`.
  public let gain: Tensor
  /// Shape `[channels]`.
  public let shift: Tensor
  private let groups: Int
  private let epsilon: Double

  /// A normalisation with parameters `gain`, which starts at 1, and `shift`, at 0.
  ///
  /// - Parameters:
  ///   - parameters: The part of the model that the two belong to.
  ///   - channels: The size of the input's last axis, at least 1.
  ///   - groups: How many groups the channels are divided into.
  ///   - epsilon: What is added to the variance; above 0.
  public init(_ parameters: Parameters, _ channels: Int, groups: Int, epsilon: Double = 1e-5) {
    gain = parameters("gain", [channels], .ones)
    shift = parameters("shift", [channels])
    (self.groups, self.epsilon) = (groups, epsilon)
  }

  /// The normalised input, of the shape of x, `[n, ..., channels]`.
  public func output(_ x: Tensor) -> Tensor {
    x.groupNormalised(groups: groups, epsilon: epsilon) * gain + shift
  }
}

/// Instance normalisation (D. Ulyanov, A. Vedaldi and V. Lempitsky, 2016): each example's channels each over all pixels,
/// with the biased variance, times a gain plus a shift. The shape `[n, ..., channels]` stays as it is.
public struct InstanceNorm: Layer {
  /// Shape `[channels]`.
  public let gain: Tensor
  /// Shape `[channels]`.
  public let shift: Tensor
  private let epsilon: Double

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
    x.groupNormalised(groups: gain.shape[0], epsilon: epsilon) * gain + shift
  }
}
