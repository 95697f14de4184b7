/// Reverse differentiation, graph to graph.
extension Graph {
  /// The gradients of one number; `nil` means zero: it does not depend on that tensor.
  package func gradients(of number: Tensor, withRespectTo targets: [Tensor]) -> [Tensor?] {
    cotangents(
      of: targets, seeds: [(number, Tensor(graph: self, node: fill(1, shape(number.node))))])
  }

  /// What `targets` receive when some nodes are given cotangents: the transposed derivative
  /// applied to the seeds. `nil` means zero.
  package func cotangents(of targets: [Tensor], seeds: [(Tensor, Tensor)]) -> [Tensor?] {
    let needed = needed(by: seeds.map(\.0.node))
    let depends = depending(on: targets.map(\.node))
    let count = nodes.count
    var cotangents = [Int?](repeating: nil, count: count)
    // What pieces receive, whatever the shape of what they are views of, is put together once, when all have received
    // it.
    var pieces: [Int: VectorPieces] = [:]
    for (node, cotangent) in seeds {
      cotangents[node.node] = sum(of: cotangents[node.node], cotangent.node)
    }
    for node in stride(from: count - 1, through: 0, by: -1) where needed[node] && depends[node] {
      differentiating(node) {
        if let pieces = pieces[node] {
          let whole = assemble(pieces, count: shape(node).count).map { reshape($0, shape(node)) }
          cotangents[node] = sum(of: cotangents[node], whole)
        }
        guard let d = cotangents[node], !isGiven(node) else { return }
        let operation = traced(node)
        for (index, operand) in nodes[node].operands.enumerated() where depends[operand] {
          guard let received = operation.cotangent(of: node, index, d, in: self) else { continue }
          if let assembled = self.operation(received) as? Assemble {
            for (offset, piece) in zip(assembled.offsets, nodes[received].operands) {
              pieces[operand, default: VectorPieces()].add(piece, at: offset, in: self)
            }
          } else {
            cotangents[operand] = sum(of: cotangents[operand], reshape(received, shape(operand)))
          }
        }
      }
    }
    return targets.map { cotangents[$0.node].map { Tensor(graph: self, node: $0) } }
  }
}
