import Tensors

/// Dropout (N. Srivastava et al., 2014): in a lower objective each element is 0 with a probability, and divided by what is
/// left of 1 otherwise; elsewhere the input passes. The shape stays as it is, and there are no parameters. Masks depend on
/// the run's seed, the upper step, the task, the lower step and the layer's place among those that drop: see
/// `Tensor.droppingOut`.
public struct Dropout: Layer {
  /// The probability that an element is 0.
  public let rate: Double

  /// A layer that drops.
  ///
  /// - Parameter rate: The probability that an element is 0, from 0 to below 1: a trace throws an error otherwise.
  public init(_ rate: Double) { self.rate = rate }

  /// What is left of x.
  public func output(_ x: Tensor) -> Tensor { x.droppingOut(rate) }
}
