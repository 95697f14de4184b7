/// What one run computes: a stage's nodes that some roots need. The lists of a program are run by
/// name; a list relies on what earlier lists of its own and earlier stages have left.
package struct ListRequest {
  package let name: String
  package let stage: Stage
  package let roots: [Tensor]

  package init(_ name: String, _ stage: Stage, _ roots: [Tensor] = []) {
    self.name = name
    self.stage = stage
    self.roots = roots
  }
}

/// The nodes of one list, in order, and those whose values outlive it.
struct NodeList {
  let name: String
  let nodes: [Int]

  /// Assigns every needed node of a lowered graph to a list. A node belongs to the first list of its stage
  /// whose roots need it; what no list's roots need directly (such as what Hessian-vector products
  /// need of the point) belongs to the last list of its stage. Lists of the vector stage are each
  /// complete: they are run with different vectors.
  static func assign(
    _ graph: Graph, _ requests: [(name: String, stage: Stage, roots: [Int])]
  ) -> [NodeList] {
    let all = graph.needed(by: requests.flatMap(\.roots))
    var taken = [Bool](repeating: false, count: graph.nodes.count)
    return requests.enumerated().map { index, request in
      let isLast = !requests[(index + 1)...].contains { $0.stage == request.stage }
      let own = graph.needed(by: request.roots)
      let nodes = graph.nodes.indices.filter { node in
        // Numbers known from the start go with the task.
        let stage = max(graph.nodes[node].stage, .task)
        guard stage == request.stage, all[node], !graph.isGiven(node) else { return false }
        if stage == .vector { return own[node] }
        return !taken[node] && (own[node] || isLast)
      }
      for node in nodes { taken[node] = true }
      return NodeList(name: request.name, nodes: nodes)
    }
  }
}
