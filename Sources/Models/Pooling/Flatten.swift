import Tensors

/// All axes but the first as one, the last running fastest: `[n, ...]` to `[n, m]`.
public struct Flatten: Layer {
  /// A flattening layer.
  public init() {}

  /// The elements of x `[n, ...]` as `[n, m]`.
  public func output(_ x: Tensor) -> Tensor { x.flattened }
}
