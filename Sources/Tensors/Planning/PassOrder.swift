/// Brings the three units of a pass over a long matrix together: a product with the matrix, the loop over what comes
/// out, and the product of the transposed matrix with what the loop makes. Between the last two there may be units that
/// do not need each other, such as what becomes of a sum over the rows; the product goes before them. `PassFinder` makes
/// one call of the three where that pays.
struct PassOrder {
  let graph: Graph
  let reading: LoopReading

  /// The units so far, and where each node's unit is among them.
  private struct Order {
    var works: [Work]
    var places: [Int: Int] = [:]
    /// The transposed products with a matrix, in order.
    var backward: [Int: [Int]] = [:]

    /// Has a unit go before others.
    mutating func move(_ from: Int, to target: Int) {
      works.insert(works.remove(at: from), at: target)
      for place in target...from {
        for node in works[place].nodes where places[node] != nil { places[node] = place }
      }
    }
  }

  func ordered(_ works: [Work]) -> [Work] {
    var order = Order(works: works)
    for (place, work) in works.enumerated() {
      for node in work.nodes where !reading.recomputed[node] { order.places[node] = place }
      if let matrix = matrix(of: work, transposed: true) {
        order.backward[matrix, default: []].append(work.nodes[0])
      }
    }
    var index = 0
    while index + 2 < works.count {
      if let product = backwardProduct(after: index, in: order) {
        order.move(product, to: index + 2)
        index += 3
      } else {
        index += 1
      }
    }
    return order.works
  }

  /// The unit that ends the pass which may begin at a unit.
  private func backwardProduct(after index: Int, in order: Order) -> Int? {
    let (forward, loop) = (order.works[index], order.works[index + 1])
    guard let matrix = matrix(of: forward, transposed: false), loop.loop != nil,
      let candidates = order.backward[matrix],
      loop.nodes.contains(where: { reads($0, forward.nodes[0]) })
    else { return nil }
    func isPending(_ node: Int) -> Bool { order.places[node].map { $0 >= index + 2 } ?? false }
    let product = candidates.first { node in
      isPending(node) && loop.nodes.contains(reading.origin(graph.operand(node, 1)))
        && graph.nodes[node].operands.allSatisfy { !isPending(reading.origin($0)) }
    }
    return product.flatMap { order.places[$0] }
  }

  /// The first operand of a product, where that is what a unit is.
  private func matrix(of work: Work, transposed: Bool) -> Int? {
    guard work.loop == nil, work.nodes.count == 1 else { return nil }
    guard (graph.operation(work.nodes[0]) as? KernelProduct)?.transposeA == transposed else {
      return nil
    }
    return reading.origin(graph.operand(work.nodes[0]))
  }

  private func reads(_ node: Int, _ value: Int) -> Bool {
    graph.nodes[node].operands.contains { reading.origin($0) == value }
  }
}
