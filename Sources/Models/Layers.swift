import Tensors

/// Something that turns a tensor into another.
public protocol Layer {
  /// The layer's output.
  func callAsFunction(_ x: Tensor) -> Tensor
}

/// x W + b: `[n, inputs]` to `[n, outputs]`.
public struct Dense: Layer {
  /// W, shape `[inputs, outputs]`.
  public let weight: Tensor
  /// b, shape `[outputs]`.
  public let bias: Tensor

  /// A dense layer with parameters `weight` and `bias`; the bias starts at 0.
  public init(
    _ parameters: Parameters, _ inputs: Int, _ outputs: Int,
    weight: Initialiser = .glorotUniform()
  ) {
    self.weight = parameters("weight", [inputs, outputs], weight)
    bias = parameters("bias", [outputs])
  }

  /// The layer's output.
  public func callAsFunction(_ x: Tensor) -> Tensor { matmul(x, weight) + bias }
}

/// A 3x3 convolution with padding 1: `[n, height, width, inputs]` to
/// `[n, ceil(height / stride), ceil(width / stride), outputs]`.
public struct Convolution: Layer {
  /// Shape `[3, 3, inputs, outputs]`.
  public let weight: Tensor
  /// Shape `[outputs]`.
  public let bias: Tensor
  /// 1 or 2.
  public let stride: Int

  /// A convolution with parameters `weight` and `bias`; the bias starts at 0.
  public init(
    _ parameters: Parameters, _ inputs: Int, _ outputs: Int, stride: Int = 1,
    weight: Initialiser = .glorotUniform()
  ) {
    self.weight = parameters("weight", [3, 3, inputs, outputs], weight)
    bias = parameters("bias", [outputs])
    self.stride = stride
  }

  /// The layer's output.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    x.convolved(with: weight, stride: stride) + bias
  }
}

/// Batch normalisation (Ioffe and Szegedy, 2015) with the batch's own statistics, in training and in use (the
/// "transductive" setting of few-shot learning): over all axes but the last,
/// (x - mean) / sqrt(variance + epsilon) * gain + shift, with the biased variance.
public struct BatchNorm: Layer {
  /// Shape `[channels]`.
  public let gain: Tensor
  /// Shape `[channels]`.
  public let shift: Tensor
  /// Keeps the division finite.
  public let epsilon: Double

  /// A normalisation with parameters `gain`, which starts at 1, and `shift`, at 0.
  public init(_ parameters: Parameters, _ channels: Int, epsilon: Double = 1e-5) {
    gain = parameters("gain", [channels], .ones)
    shift = parameters("shift", [channels])
    self.epsilon = epsilon
  }

  /// The layer's output.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    let centred = x.centred
    let variance = centred.squared.mean(axes: 0..<max(x.shape.rank - 1, 0))
    return centred * (gain / sqrt(variance + epsilon)) + shift
  }
}

/// Element-wise functions between layers.
public enum Activation: String, Layer, Sendable, CaseIterable {
  /// max(x, 0)
  case relu
  /// The hyperbolic tangent.
  case tanh
  /// 1 / (1 + exp(-x))
  case sigmoid
  /// log(1 + exp(x))
  case softplus

  /// The layer's output.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    switch self {
    case .relu: Tensors.relu(x)
    case .tanh: Tensors.tanh(x)
    case .sigmoid: Tensors.sigmoid(x)
    case .softplus: Tensors.softplus(x)
    }
  }
}

/// The largest value of each 2x2 window, stride 2.
public struct MaxPool: Layer {
  /// A pooling layer.
  public init() {}

  /// The layer's output.
  public func callAsFunction(_ x: Tensor) -> Tensor { x.maxPooled() }
}

/// All axes but the first as one.
public struct Flatten: Layer {
  /// A flattening layer.
  public init() {}

  /// The layer's output.
  public func callAsFunction(_ x: Tensor) -> Tensor { x.flattened }
}

/// Layers one after another.
public struct Sequential: Layer {
  /// The layers, the first to run first.
  public let layers: [any Layer]

  /// Layers one after another.
  public init(_ layers: any Layer...) { self.layers = layers }

  /// Layers one after another.
  public init(_ layers: [any Layer]) { self.layers = layers }

  /// The layer's output.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    layers.reduce(x) { $1($0) }
  }
}
