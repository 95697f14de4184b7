import Models
import Tensors

/// What an objective sees: a task's data and both models, all as tensors of one trace.
public struct ObjectiveState<Upper, Lower> {
  /// The inputs of the examples, `[n, ...]`.
  public let data: Tensor
  /// The targets of the examples, `[n]` or `[n, ...]`.
  public let target: Tensor
  /// The upper model's body over ``upperParameters``.
  public let upperModel: Upper
  /// The lower model's body over ``lowerParameters``.
  public let lowerModel: Lower
  /// All upper parameters as one vector, `[count]`, in the order of the model.
  public let upperParameters: Tensor
  /// All lower parameters as one vector, `[count]`, in the order of the model.
  public let lowerParameters: Tensor
  let extras: [(name: String, tensor: Tensor)]
  let misses: Misses

  /// Names that were asked for in vain: the trace's owner throws.
  final class Misses {
    var first: String?
  }

  /// An extra array that came with the examples, by its name. For a name that they lack, whoever runs the objective
  /// throws a `TensorError`.
  public subscript(name: String) -> Tensor {
    if let extra = extras.first(where: { $0.name == name }) { return extra.tensor }
    misses.first = misses.first ?? name
    return data
  }
}

/// An objective: a number to be made small, as a formula over a state. It gives a tensor of one element, which depends
/// on the lower model, from the state's tensors and numbers alone, the same formula whenever it runs: once for each form of data and a few
/// times to compare, not once a step.
public typealias Objective<Upper, Lower> = (ObjectiveState<Upper, Lower>) throws -> Tensor

/// The strengths of an L1 penalty on the lower parameters, as a formula over the upper model: one for each lower parameter, or one
/// for all; nil for no penalty.
public typealias Strengths<Upper, Lower> = (ObjectiveState<Upper, Lower>) throws -> Tensor?
