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
    x.inLayer("\(Self.self)", file: file, line: line, output)
  }
}

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

/// A 3x3 convolution (a cross-correlation, as in other libraries) with padding 1, plus a bias:
/// `[n, height, width, inputs]` to `[n, ceil(height / stride), ceil(width / stride), outputs]`.
public struct Convolution: Layer {
  /// Shape `[3, 3, inputs, outputs]`.
  public let weight: Tensor
  /// Shape `[outputs]`.
  public let bias: Tensor
  /// 1 or 2, along both axes.
  public let stride: Int

  /// A convolution with parameters `weight` and `bias`; the bias starts at 0.
  ///
  /// - Parameters:
  ///   - parameters: The part of the model that the two belong to.
  ///   - inputs: The input's channels, at least 1.
  ///   - outputs: The output's channels, at least 1.
  ///   - stride: 1 or 2, along both axes.
  ///   - weight: How the weights are drawn.
  public init(
    _ parameters: Parameters, _ inputs: Int, _ outputs: Int, stride: Int = 1,
    weight: Initialiser = .glorotUniform()
  ) {
    self.weight = parameters("weight", [3, 3, inputs, outputs], weight)
    bias = parameters("bias", [outputs])
    self.stride = stride
  }

  /// The convolved images plus the bias, of x `[n, height, width, inputs]`.
  public func output(_ x: Tensor) -> Tensor {
    x.convolved(with: weight, stride: stride) + bias
  }
}

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

/// Element-wise functions between layers; the shape stays as it is.
public enum Activation: String, Layer, Sendable, CaseIterable {
  /// max(x, 0); its derivative at 0 is 0.
  case relu
  /// The hyperbolic tangent.
  case tanh
  /// 1 / (1 + exp(-x)).
  case sigmoid
  /// log(1 + exp(x)).
  case softplus

  /// The function of every element.
  public func output(_ x: Tensor) -> Tensor {
    switch self {
    case .relu: Tensors.relu(x)
    case .tanh: Tensors.tanh(x)
    case .sigmoid: Tensors.sigmoid(x)
    case .softplus: Tensors.softplus(x)
    }
  }
}

/// The largest value of each 2x2 window, stride 2: `[n, height, width, channels]` to
/// `[n, floor(height / 2), floor(width / 2), channels]`, for heights and widths of 2 and more.
public struct MaxPool: Layer {
  /// A pooling layer.
  public init() {}

  /// The largest values of x `[n, height, width, channels]`.
  public func output(_ x: Tensor) -> Tensor { x.maxPooled() }
}

/// All axes but the first as one, the last running fastest: `[n, ...]` to `[n, m]`.
public struct Flatten: Layer {
  /// A flattening layer.
  public init() {}

  /// The elements of x `[n, ...]` as `[n, m]`.
  public func output(_ x: Tensor) -> Tensor { x.flattened }
}

/// Layers one after another.
public struct Sequential: Layer {
  /// The layers, the first to run first.
  public let layers: [any Layer]

  /// Layers one after another, the first to run first; none pass the input on.
  public init(_ layers: any Layer...) { self.layers = layers }

  /// Layers one after another, the first to run first; none pass the input on.
  public init(_ layers: [any Layer]) { self.layers = layers }

  /// The output of the last layer.
  public func output(_ x: Tensor) -> Tensor {
    layers.enumerated().reduce(x) { x, layer in
      x.inLayer("\(type(of: layer.element)) (layer \(layer.offset + 1))", layer.element.output)
    }
  }
}
