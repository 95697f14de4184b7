import Foundation
import Tensors

/// Computes a graph node by node, in double precision, each operation by its definition: what planned programs are
/// compared with. With each value comes a bound of what a program's may be away from it, to first order in the program's
/// unit roundoff: whatever the order of its sums, and whichever of two values that rounding cannot tell apart it takes for
/// the larger.
struct ReferenceEvaluator {
  var values: [[Double]] = []
  private(set) var errors: [[Double]] = []
  /// The unit roundoff of the programs that are compared.
  let roundoff: Double

  init(_ graph: Graph, inputs: [[Double]], roundoff: Double = 0x1p-53) {
    self.roundoff = roundoff
    for node in graph.nodes {
      let value = value(node, graph, inputs)
      values.append(value)
      errors.append(error(node, graph, value))
    }
  }

  func callAsFunction(_ tensor: Tensor) -> [Double] { values[tensor.node] }

  /// How far a program's values may be from these.
  func error(of tensor: Tensor) -> [Double] { errors[tensor.node] }

  func value(_ node: Graph.Node, _ graph: Graph, _ inputs: [[Double]]) -> [Double] {
    switch node.operation {
    case let input as Input: return inputs[input.index]
    case let written as any WrittenOperation: return written.values
    case let traced as any TracedOperation:
      return traced.values(
        node.operands.map { Values(graph.nodes[$0].shape, values[$0]) }, node.shape)
    default: fatalError("not of a formula: \(node.operation)")
    }
  }

  /// Where the four values of a pooled element's window are.
  static func window(_ at: Int, _ pooled: Shape, _ image: Shape) -> [Int] {
    let c = at % pooled[3]
    let j = at / pooled[3] % pooled[2]
    let i = at / (pooled[3] * pooled[2]) % pooled[1]
    let n = at / (pooled[3] * pooled[2] * pooled[1])
    return [(0, 0), (0, 1), (1, 0), (1, 1)].map { di, dj in
      ((n * image[1] + 2 * i + di) * image[2] + 2 * j + dj) * image[3] + c
    }
  }
}
