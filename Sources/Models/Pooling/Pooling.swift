import Tensors

/// The largest value of each window: `[n, height, width, channels]` to `[n, out height, out width, channels]`. With the
/// defaults, windows are 2x2 with stride 2, for heights and widths of 2 and more.
public struct MaxPool: Layer {
  private let kernel: Int
  private let stride: Int
  private let padding: Padding

  /// A pooling layer.
  ///
  /// - Parameters:
  ///   - kernel: The windows' height and width.
  ///   - stride: From a window to the next, by default the window's size.
  ///   - padding: How far windows may reach beyond images, at most half of their size.
  public init(kernel: Int = 2, stride: Int? = nil, padding: Padding = .none) {
    (self.kernel, self.stride, self.padding) = (kernel, stride ?? kernel, padding)
  }

  /// The largest values of x `[n, height, width, channels]`.
  public func output(_ x: Tensor) -> Tensor {
    x.maxPooled((kernel, kernel), strides: (stride, stride), padding: padding)
  }
}

/// The mean of each window: `[n, height, width, channels]` to `[n, out height, out width, channels]`.
public struct MeanPool: Layer {
  private let kernel: Int
  private let stride: Int
  private let padding: Padding

  /// A pooling layer.
  ///
  /// - Parameters:
  ///   - kernel: The windows' height and width.
  ///   - stride: From a window to the next, by default the window's size.
  ///   - padding: Zeros around the images, which count.
  public init(kernel: Int = 2, stride: Int? = nil, padding: Padding = .none) {
    (self.kernel, self.stride, self.padding) = (kernel, stride ?? kernel, padding)
  }

  /// The means of x `[n, height, width, channels]`.
  public func output(_ x: Tensor) -> Tensor {
    x.meanPooled((kernel, kernel), strides: (stride, stride), padding: padding)
  }
}

/// The mean of all pixels, or steps: `[n, ..., channels]` to `[n, channels]`.
public struct GlobalMeanPool: Layer {
  /// A pooling layer.
  public init() {}

  /// The means of x `[n, ..., channels]`.
  public func output(_ x: Tensor) -> Tensor {
    guard x.shape.rank > 2 else { return x }
    return x.mean(axes: 1..<x.shape.rank - 1)
  }
}
