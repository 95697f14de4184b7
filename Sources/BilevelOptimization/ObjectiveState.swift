import Models
import Tensors

/// What an objective sees: a task's data and both models, all as tensors of one trace.
public struct ObjectiveState<Upper, Lower> {
  /// The inputs of the examples.
  public let data: Tensor
  /// The targets of the examples.
  public let target: Tensor
  /// The upper model.
  public let upperModel: Upper
  /// The lower model.
  public let lowerModel: Lower
  /// All upper parameters as one vector.
  public let upperParameters: Tensor
  /// All lower parameters as one vector.
  public let lowerParameters: Tensor
  let extras: [(name: String, tensor: Tensor)]
  let misses: Misses

  /// Names that were asked for in vain: the trace's owner throws.
  final class Misses {
    var first: String?
  }

  /// An array that came with the examples.
  public subscript(name: String) -> Tensor {
    if let extra = extras.first(where: { $0.name == name }) { return extra.tensor }
    misses.first = misses.first ?? name
    return data
  }
}

/// An objective: a number to be made small, as a formula over a state.
public typealias Objective<Upper, Lower> = (ObjectiveState<Upper, Lower>) throws -> Tensor
