import Models
import Tensors

/// The upper model of ``Representation``: what all tasks have in common.
public struct RepresentationUpper {
  /// From images to features `[n, width]`.
  public let features: Sequential
  /// The logarithm of the strength of the head's L2 term, `[1]`; nil where it has none.
  public let logStrength: Tensor?
  /// The logarithm of what a ridge head's predictions are multiplied by where they are taken for scores, `[1]`; nil for other
  /// heads, which find their own scale.
  public let logScale: Tensor?
  /// Where the head starts, `[width + 1, ways]`; nil where it starts at 0.
  public let start: Tensor?

  /// Features and a 1 for the bias, `[n, width + 1]`, made of features.
  static func withOne(_ features: Tensor) -> Tensor {
    .concatenated([features, features.filled(1, [features.shape[0], 1])], axis: 1)
  }

  /// What scores are the product of with the head, of features and a 1.
  func scaled(_ inputs: Tensor) -> Tensor { logScale.map { inputs * exp($0) } ?? inputs }
}
