import Tensors

/// A row of a table for each number: ids of any shape, given as data, to `[ids..., width]`.
public struct Embedding: Layer {
  /// Shape `[count, width]`.
  public let weight: Tensor

  /// An embedding with one parameter, `weight`.
  ///
  /// - Parameters:
  ///   - parameters: The part of the model that it belongs to.
  ///   - count: How many rows there are; ids are whole numbers below it, which is checked.
  ///   - width: The size of a row.
  ///   - weight: How the rows are drawn.
  public init(
    _ parameters: Parameters, _ count: Int, _ width: Int,
    weight: Initialiser = .normal(deviation: 1)
  ) {
    self.weight = parameters("weight", [count, width], weight)
  }

  /// The rows of ids of any shape.
  public func output(_ ids: Tensor) -> Tensor { weight.rows(ids) }
}
