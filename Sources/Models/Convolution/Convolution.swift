import Tensors

/// A convolution (a cross-correlation, as in other libraries) plus a bias, if it has one: `[n, height, width, inputs]` to
/// `[n, out height, out width, outputs]`.
public struct Convolution: Layer {
  /// Shape `[kernel height, kernel width, inputs / groups, outputs]`.
  public let weight: Tensor
  /// Shape `[outputs]`.
  public let bias: Tensor?
  /// From a window to the next, along both axes.
  public let stride: Int
  /// Zeros around the images.
  public let padding: Padding
  /// From a tap to the next, along both axes.
  public let dilation: Int
  /// The groups of channels, each with its own filters.
  public let groups: Int

  /// A convolution with parameters `weight` and `bias`; the bias starts at 0.
  ///
  /// - Parameters:
  ///   - parameters: The part of the model that the two belong to.
  ///   - inputs: The input's channels, at least 1.
  ///   - outputs: The output's channels, at least 1.
  ///   - kernel: The windows' height and width.
  ///   - stride: From a window to the next, along both axes.
  ///   - padding: Zeros around the images; with `same` and stride 1 their size stays.
  ///   - dilation: From a tap to the next, along both axes.
  ///   - groups: Into so many groups both kinds of channels are divided; as many as channels make it depthwise.
  ///   - hasBias: Whether there is a bias; before batch norm it does nothing.
  ///   - weight: How the weights are drawn.
  public init(
    _ parameters: Parameters, _ inputs: Int, _ outputs: Int, kernel: Int = 3, stride: Int = 1,
    padding: Padding = .same, dilation: Int = 1, groups: Int = 1, hasBias: Bool = true,
    weight: Initialiser = .glorotUniform()
  ) {
    let channels = groups > 0 ? inputs / groups : 0
    self.weight = parameters("weight", [kernel, kernel, channels, outputs], weight)
    bias = hasBias ? parameters("bias", [outputs]) : nil
    (self.stride, self.padding, self.dilation, self.groups) = (stride, padding, dilation, groups)
  }

  /// The convolved images plus the bias, of x `[n, height, width, inputs]`.
  public func output(_ x: Tensor) -> Tensor {
    let y = x.convolved(
      with: weight, stride: stride, padding: padding, dilation: dilation, groups: groups)
    return bias.map { y + $0 } ?? y
  }
}

/// A convolution along one axis plus a bias, if it has one: `[n, length, inputs]` to `[n, out length, outputs]`.
public struct Convolution1D: Layer {
  /// Shape `[kernel, inputs / groups, outputs]`.
  public let weight: Tensor
  /// Shape `[outputs]`.
  public let bias: Tensor?
  private let stride: Int
  private let padding: Padding
  private let dilation: Int
  private let groups: Int

  /// A convolution with parameters `weight` and `bias`; the bias starts at 0.
  ///
  /// - Parameters:
  ///   - parameters: The part of the model that the two belong to.
  ///   - inputs: The input's channels, at least 1.
  ///   - outputs: The output's channels, at least 1.
  ///   - kernel: The windows' length.
  ///   - stride: From a window to the next.
  ///   - padding: Zeros before and behind; `nil` keeps the length with stride 1.
  ///   - dilation: From a tap to the next.
  ///   - groups: Into so many groups both kinds of channels are divided.
  ///   - hasBias: Whether there is a bias.
  ///   - weight: How the weights are drawn.
  public init(
    _ parameters: Parameters, _ inputs: Int, _ outputs: Int, kernel: Int = 3, stride: Int = 1,
    padding: Int? = nil, dilation: Int = 1, groups: Int = 1, hasBias: Bool = true,
    weight: Initialiser = .glorotUniform()
  ) {
    let channels = groups > 0 ? inputs / groups : 0
    self.weight = parameters("weight", [kernel, channels, outputs], weight)
    bias = hasBias ? parameters("bias", [outputs]) : nil
    self.padding = padding.map { .each(height: 0, width: $0) } ?? .same
    (self.stride, self.dilation, self.groups) = (stride, dilation, groups)
  }

  /// The convolved signals plus the bias, of x `[n, length, inputs]`.
  public func output(_ x: Tensor) -> Tensor {
    guard x.shape.rank == 3 else {
      return x.failed("signals of shape \(x.shape)", "it takes [n, length, channels]", x.shape)
    }
    let y = x.expanded(at: 1).convolved(
      with: weight.expanded(at: 0), strides: (1, stride), padding: padding,
      dilations: (1, dilation), groups: groups
    )
    let signals = y.shape.rank == 4 ? y.squeezed(1) : y
    return bias.map { signals + $0 } ?? signals
  }
}

/// The transpose of a convolution plus a bias, if it has one: `[n, height, width, inputs]` to images that are larger by the
/// stride, `[n, out height, out width, outputs]`.
public struct TransposedConvolution: Layer {
  /// That of the convolution that it is the transpose of: `[kernel, kernel, outputs / groups, inputs]`.
  public let weight: Tensor
  /// Shape `[outputs]`.
  public let bias: Tensor?
  private let stride: Int
  private let padding: Padding
  private let outputPadding: Int
  private let dilation: Int
  private let groups: Int

  /// A transposed convolution with parameters `weight` and `bias`; the bias starts at 0.
  ///
  /// - Parameters:
  ///   - parameters: The part of the model that the two belong to.
  ///   - inputs: The input's channels, at least 1.
  ///   - outputs: The output's channels, at least 1.
  ///   - kernel: The windows' height and width.
  ///   - stride: How much larger images become, along both axes.
  ///   - padding: What is cut off the result.
  ///   - outputPadding: Rows and columns more at its end, below the stride or the dilation.
  ///   - dilation: From a tap to the next.
  ///   - groups: Into so many groups both kinds of channels are divided.
  ///   - hasBias: Whether there is a bias.
  ///   - weight: How the weights are drawn.
  public init(
    _ parameters: Parameters, _ inputs: Int, _ outputs: Int, kernel: Int = 3, stride: Int = 1,
    padding: Padding = .none, outputPadding: Int = 0, dilation: Int = 1, groups: Int = 1,
    hasBias: Bool = true, weight: Initialiser = .glorotUniform()
  ) {
    let channels = groups > 0 ? outputs / groups : 0
    self.weight = parameters("weight", [kernel, kernel, channels, inputs], weight)
    bias = hasBias ? parameters("bias", [outputs]) : nil
    (self.stride, self.padding, self.outputPadding) = (stride, padding, outputPadding)
    (self.dilation, self.groups) = (dilation, groups)
  }

  /// The larger images plus the bias, of x `[n, height, width, inputs]`.
  public func output(_ x: Tensor) -> Tensor {
    let y = x.transposedConvolved(
      with: weight, strides: (stride, stride), padding: padding, dilations: (dilation, dilation),
      groups: groups, outputPadding: (outputPadding, outputPadding))
    return bias.map { y + $0 } ?? y
  }
}
