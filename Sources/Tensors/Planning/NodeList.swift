/// What one run computes: a stage's nodes that some roots need. The lists of a program are run by
/// name; a list relies on what earlier lists of its own and earlier stages have left.
package struct ListRequest {
  package let name: String
  package let stage: Stage
  package let roots: [Tensor]
  /// Roots of later lists, in two groups: what both of them need is computed here.
  let shared: (one: [Tensor], other: [Tensor])

  package init(_ name: String, _ stage: Stage, _ roots: [Tensor] = []) {
    (self.name, self.stage, self.roots) = (name, stage, roots)
    shared = ([], [])
  }

  /// A list without roots, of what two groups of later lists' roots both need: one of them can then be computed without the
  /// other.
  package init(
    _ name: String, _ stage: Stage, sharedBy one: [Tensor], and other: [Tensor]
  ) {
    (self.name, self.stage, roots) = (name, stage, [])
    shared = (one, other)
  }
}

/// A list's request in the numbers of a lowered graph.
struct LoweredRequest {
  let name: String
  let stage: Stage
  let roots: [Int]
  let shared: (one: [Int], other: [Int])

  init(_ request: ListRequest, _ lowering: Lowering) {
    func nodes(_ tensors: [Tensor]) -> [Int] { tensors.map { lowering($0.node) } }
    (name, stage, roots) = (request.name, request.stage, nodes(request.roots))
    shared = (nodes(request.shared.one), nodes(request.shared.other))
  }

  /// The nodes that it asks for, whatever their stage.
  func needed(_ graph: Graph) -> [Bool] {
    if shared.one.isEmpty { return graph.needed(by: roots) }
    return zip(graph.needed(by: shared.one), graph.needed(by: shared.other)).map { $0 && $1 }
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
  static func assign(_ graph: Graph, _ requests: [LoweredRequest]) -> [NodeList] {
    let all = graph.needed(by: requests.flatMap(\.roots))
    var taken = [Bool](repeating: false, count: graph.nodes.count)
    return requests.enumerated().map { index, request in
      let isLast = !requests[(index + 1)...].contains { $0.stage == request.stage }
      let own = request.needed(graph)
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
