/// Computes a traced graph node by node, as it was written, with plain loops: slow, and independent of the planner. What a
/// node gives is rounded to a precision; within a node everything is in double precision.
package struct Evaluator {
  private let graph: Graph
  private let precision: Precision
  private var values: [Values?]

  /// Computes what some nodes need.
  ///
  /// - Parameters:
  ///   - graph: The trace.
  ///   - roots: The nodes wanted: they keep their values, others only as long as something needs them.
  ///   - precision: What each node's values are rounded to.
  ///   - inputs: The values of an input, by its number.
  ///   - observe: Called with each node, its values and its operands' values.
  /// - Throws: ``TensorError`` of code `memory` where the values of a node are more than the system holds.
  package init(
    _ graph: Graph, _ roots: [Tensor], _ precision: Precision, inputs: (Int) -> [Double],
    observe: (_ node: Int, _ values: Values, _ operands: [Values]) -> Void = { _, _, _ in }
  ) throws(TensorError) {
    (self.graph, self.precision) = (graph, precision)
    values = [Values?](repeating: nil, count: graph.nodes.count)
    let needed = graph.needed(by: roots.map(\.node))
    var uses = [Int](repeating: 0, count: graph.nodes.count)
    for root in roots { uses[root.node] += 1 }
    for node in needed.indices where needed[node] {
      for operand in graph.nodes[node].operands { uses[operand] += 1 }
    }
    for node in needed.indices where needed[node] {
      let operands = graph.nodes[node].operands
      let given = operands.map { values[$0] ?? Values(.scalar, []) }
      try requireMemory(ofNumbers: graph.shape(node).count, for: "a node of the evaluation")
      let made = Values(graph.shape(node), rounded(numbers(of: node, given, inputs)))
      observe(node, made, given)
      values[node] = made
      for operand in operands {
        uses[operand] -= 1
        if uses[operand] == 0 { values[operand] = nil }
      }
    }
  }

  /// The values of a root.
  package func callAsFunction(_ root: Tensor) -> [Double] { values[root.node]?.numbers ?? [] }

  private func rounded(_ values: [Double]) -> [Double] {
    precision == .double ? values : values.map { Double(Float($0)) }
  }

  private func numbers(
    of node: Int, _ operands: [Values], _ inputs: (Int) -> [Double]
  ) -> [Double] {
    switch graph.operation(node) {
    case let input as Input: inputs(input.index)
    case let written as any WrittenOperation: written.values
    default: graph.traced(node).values(operands, graph.shape(node))
    }
  }
}
