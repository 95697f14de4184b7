extension Graph {
  /// Where this trace and another of the same formula part, in words; `nil` where they compute the same.
  ///
  /// - Parameters:
  ///   - root: What this trace computes.
  ///   - other: The other trace.
  ///   - otherRoot: What that computes.
  /// - Returns: What differs, with the lines of the user's source.
  package func difference(
    at root: Tensor, from other: Graph, at otherRoot: Tensor
  ) -> String? {
    let (mine, others) = (path(to: root), other.path(to: otherRoot))
    let places = Dictionary(uniqueKeysWithValues: mine.enumerated().map { ($1, $0) })
    let otherPlaces = Dictionary(uniqueKeysWithValues: others.enumerated().map { ($1, $0) })
    for (node, otherNode) in zip(mine, others) {
      let (a, b) = (nodes[node], other.nodes[otherNode])
      if a.operation.isSame(as: b.operation), a.shape == b.shape,
        a.operands.map({ places[$0] }) == b.operands.map({ otherPlaces[$0] })
      {
        continue
      }
      return difference(a, other.account(of: b.origin), b)
    }
    if mine.count == others.count { return nil }
    return "it has \(mine.count) operations the first time, and \(others.count) the second"
  }

  private func path(to root: Tensor) -> [Int] {
    let needed = needed(by: [root.node])
    return needed.indices.filter { needed[$0] }
  }

  private func difference(_ a: Node, _ other: String, _ b: Node) -> String {
    let own = account(of: a.origin)
    if own == other, let first = a.operation.number, let second = b.operation.number {
      return "\(own) has \(first) the first time, and \(second) the second"
    }
    return "\(own) comes the first time, and \(other) the second"
  }
}
