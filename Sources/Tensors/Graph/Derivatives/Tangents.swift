/// Forward differentiation, graph to graph.
extension Graph {
  /// The tangents of `roots`, given tangents of some nodes; `nil` means zero, and costs nothing.
  package func tangents(of roots: [Tensor], along seeds: [(Tensor, Tensor)]) -> [Tensor?] {
    let needed = needed(by: roots.map(\.node))
    let depends = depending(on: seeds.map(\.0.node))
    var tangents = [Int?](repeating: nil, count: nodes.count)
    for (node, tangent) in seeds { tangents[node.node] = tangent.node }
    for node in needed.indices where needed[node] && depends[node] && tangents[node] == nil {
      let ofOperands = nodes[node].operands.map { tangents[$0] }
      if ofOperands.allSatisfy({ $0 == nil }) { continue }
      tangents[node] = differentiating(node) {
        traced(node).tangent(of: node, ofOperands, in: self)
      }
    }
    return roots.map { tangents[$0.node].map { Tensor(graph: self, node: $0) } }
  }

  /// A sum in which `nil` is zero.
  func sum(of a: Int?, _ b: Int?) -> Int? {
    guard let a else { return b }
    guard let b else { return a }
    return add(a, b)
  }
}
