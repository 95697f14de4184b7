/// Brings the three units of a pass over a long matrix together: a product with the matrix, the loop over what comes
/// out, and the product of the transposed matrix with what the loop makes. Between the last two there may be units that
/// do not need each other, such as what becomes of a sum over the rows; the product goes before them. `PassFinder` makes
/// one call of the three where that pays.
struct PassOrder {
  let graph: Graph
  let reading: LoopReading

  func ordered(_ works: [Work]) -> [Work] {
    var works = works
    var index = 0
    while index + 2 < works.count {
      if let product = backwardProduct(after: index, in: works) {
        works.insert(works.remove(at: product), at: index + 2)
        index += 3
      } else {
        index += 1
      }
    }
    return works
  }

  /// The unit that ends the pass which may begin at a unit.
  private func backwardProduct(after index: Int, in works: [Work]) -> Int? {
    let (forward, loop) = (works[index], works[index + 1])
    guard let matrix = matrix(of: forward, transposed: false), loop.loop != nil,
      loop.nodes.contains(where: { reads($0, forward.nodes[0]) })
    else { return nil }
    let pending = Set(works[(index + 2)...].flatMap(\.nodes))
    return works.indices.dropFirst(index + 2).first { later in
      let node = works[later].nodes[0]
      return self.matrix(of: works[later], transposed: true) == matrix
        && loop.nodes.contains(reading.origin(graph.operand(node, 1)))
        && graph.nodes[node].operands.allSatisfy { !pending.contains(reading.origin($0)) }
    }
  }

  /// The first operand of a product, where that is what a unit is.
  private func matrix(of work: Work, transposed: Bool) -> Int? {
    guard work.loop == nil, work.nodes.count == 1 else { return nil }
    guard case .kernelProduct(let product) = graph.operation(work.nodes[0]),
      product.transposeA == transposed
    else { return nil }
    return reading.origin(graph.operand(work.nodes[0]))
  }

  private func reads(_ node: Int, _ value: Int) -> Bool {
    graph.nodes[node].operands.contains { reading.origin($0) == value }
  }
}
