/// The elements of the arena that a kernel call may read and write: what the plan says of its nodes, not what the kernel
/// does. `ArenaAudit` holds the two against each other.
struct Footprint {
  /// The unit of work that the call is of: it and its neighbours of the same unit write their results together.
  let unit: Int
  var reads: [Range<Int>] = []
  var writes: [Range<Int>] = []

  static func + (a: Footprint, b: Footprint) -> Footprint {
    Footprint(unit: a.unit, reads: a.reads + b.reads, writes: a.writes + b.writes)
  }
}

extension ListPlan {
  /// The footprint of a unit of work; the nodes in `stored` have a place in memory.
  func footprint(_ unit: Int, stored: Set<Int>, _ start: (Int) -> Int) -> Footprint {
    var footprint = Footprint(unit: unit)
    func extent(_ node: Int) -> Range<Int> {
      start(node)..<start(node) + graph.shape(node).count
    }
    for node in works[unit].nodes {
      if stored.contains(node) { footprint.writes.append(extent(node)) }
      // Between the pieces of a vector are zeros, which are left as they are.
      if (graph.operation(node) as? any Kernel)?.pieces != nil {
        footprint.reads.append(extent(node))
      }
      for operand in graph.nodes[node].operands {
        let origin = reading.origin(operand)
        if reading.recomputed[origin] || (contains(origin) && !stored.contains(origin)) { continue }
        footprint.reads.append(extent(reading.shown(operand)))
      }
    }
    return footprint
  }
}
