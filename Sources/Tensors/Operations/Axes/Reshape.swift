/// The same elements in another shape.
package struct Reshape: LinearOperation, View {
  package var isChoice: Bool { true }
  package var start: Int { 0 }

  package func applied(to operands: [Int], like node: Int, in graph: Graph) -> Int {
    graph.reshape(operands[0], graph.shape(node))
  }

  package func adjoint(of node: Int, _ d: Int, in graph: Graph) -> Int {
    graph.reshape(d, graph.shape(graph.operand(node)))
  }

  package func values(_ operands: [Values], _ shape: Shape) -> [Double] { operands[0].numbers }
}

extension Graph {
  func reshape(_ x: Int, _ target: Shape) -> Int {
    if shape(x) == target { return x }
    // One number in another shape stays a view: to fill it would come back here.
    if target.count != 1, let value = constantValue(x) { return fill(value, target) }
    if operation(x) is Reshape { return reshape(operand(x), target) }
    return append(Reshape(), [x], target)
  }
}
