import Randomness
import Tensors

/// How a parameter's first values are drawn. Fans are those of the parameter's shape: for dense weights
/// `[in, out]` they are in and out; for convolution weights `[3, 3, in, out]` 9 in and 9 out; for a vector
/// `[n]` 1 and n.
public enum Initialiser: Sendable, Hashable {
  /// Every value the same.
  case constant(Double)
  /// Normal with mean 0 and a standard deviation of 0 or more.
  case normal(deviation: Double)
  /// Uniform on [-bound, bound).
  case uniform(bound: Double)
  /// Uniform with standard deviation gain * sqrt(2 / (fan in + fan out)) (Glorot and Bengio, 2010), the "Xavier" of
  /// PyTorch.
  case glorotUniform(gain: Double = 1)
  /// Normal with standard deviation sqrt(2 / fan in) (He et al., 2015).
  case heNormal
  /// Uniform on +-1 / sqrt(fan in): what the weights of PyTorch's linear and convolution layers start from.
  case fanInUniform

  /// Every value 0.
  public static let zeros = Initialiser.constant(0)
  /// Every value 1.
  public static let ones = Initialiser.constant(1)

  /// The first values of a parameter, the last axis running fastest.
  func values(_ shape: Shape, _ stream: inout RandomStream) -> [Double] {
    let leading = shape.sizes.dropLast()
    let fanIn = Double(max(leading.reduce(1, *), 1))
    let fanOut = Double((leading.dropLast().reduce(1, *)) * (shape.sizes.last ?? 1))
    switch self {
    case .constant(let value):
      return [Double](repeating: value, count: shape.count)
    case .normal(let deviation):
      return (0..<shape.count).map { _ in deviation * stream.normal() }
    case .uniform(let bound):
      return (0..<shape.count).map { _ in bound * (2 * stream.uniform() - 1) }
    case .glorotUniform(let gain):
      let bound = gain * (6 / (fanIn + fanOut)).squareRoot()
      return Initialiser.uniform(bound: bound).values(shape, &stream)
    case .heNormal:
      return Initialiser.normal(deviation: (2 / fanIn).squareRoot()).values(shape, &stream)
    case .fanInUniform:
      return Initialiser.uniform(bound: 1 / fanIn.squareRoot()).values(shape, &stream)
    }
  }
}
