/// A list's units of work, and who reads whom.
struct ListPlan {
  let graph: Graph
  let reading: LoopReading
  let list: NodeList
  let works: [Work]
  /// Whether a node is one value a row of its unit's loop.
  let isColumn: [Bool]
  /// Whether it depends on the vector.
  let isVector: Bool
  /// The unit that computes a node, if one of this list does.
  private let unit: [Int?]
  /// Nodes of loops that something outside their unit reads.
  private let isReadOutside: [Bool]
  /// How many operands of this list's nodes are views of a node, or the node itself.
  private let readerCounts: [Int]

  init(
    _ graph: Graph, _ reading: LoopReading, _ list: NodeList, _ optimisations: Optimisations
  ) {
    self.graph = graph
    self.reading = reading
    self.list = list
    let fusion = Fusion(graph, reading, nodes: list.nodes, optimisations)
    works =
      optimisations.contains(.passes)
      ? PassOrder(graph: graph, reading: reading).ordered(fusion.works) : fusion.works
    isColumn = fusion.isColumn
    var unit = [Int?](repeating: nil, count: graph.nodes.count)
    for (index, work) in works.enumerated() {
      for node in work.nodes where !reading.recomputed[node] { unit[node] = index }
    }
    var isReadOutside = [Bool](repeating: false, count: graph.nodes.count)
    var readerCounts = [Int](repeating: 0, count: graph.nodes.count)
    for (index, work) in works.enumerated() {
      for node in work.nodes {
        for operand in graph.nodes[node].operands {
          let origin = reading.origin(operand)
          readerCounts[origin] += 1
          if let made = unit[origin], made != index { isReadOutside[origin] = true }
        }
      }
    }
    isVector = list.nodes.contains { graph.nodes[$0].stage == .vector }
    self.unit = unit
    self.isReadOutside = isReadOutside
    self.readerCounts = readerCounts
  }

  /// Every node that this list computes.
  var nodes: [Int] { works.flatMap(\.nodes) }

  func contains(_ node: Int) -> Bool { unit[node] != nil }

  /// Whether one operand of one node is all that reads a node of this list.
  func isReadOnce(_ node: Int) -> Bool { readerCounts[node] == 1 }

  func isKept(_ node: Int, _ outliving: Set<Int>) -> Bool {
    contains(node) && outliving.contains(node)
  }

  /// Whether a node's value must be in memory rather than in a loop's tiles.
  func needsMemory(_ node: Int, _ outliving: Set<Int>) -> Bool {
    guard let index = unit[node] else { return false }
    if works[index].loop == nil || outliving.contains(node) || isReadOutside[node] {
      return true
    }
    // Sums over rows are complete after the loop only.
    let access = reading.resultAccess(node)
    return access == .row || access == .scalar
  }

  /// Notes when each block is in use.
  func touch(_ storage: inout StoragePlan, _ place: (Int) -> StoragePlan.Place) {
    for (index, work) in works.enumerated() {
      for node in work.nodes {
        if storesResult(node, place: place) { storage.touch(place(node).block, at: index) }
        for operand in graph.nodes[node].operands {
          let origin = reading.origin(operand)
          if reading.recomputed[origin] { continue }
          if !contains(origin) || unit[origin] != index || works[index].loop == nil {
            storage.touch(place(origin).block, at: index)
          }
        }
      }
    }
  }

  private func storesResult(_ node: Int, place: (Int) -> StoragePlan.Place) -> Bool {
    guard let index = unit[node] else { return false }
    return works[index].loop == nil || isReadOutside[node]
  }
}

/// Chooses the storage of a list's values. Runs backwards, so that a value that becomes a piece of an assembled
/// vector, or that something is added onto, is made where it is wanted.
struct ListPlacing {
  private(set) var places: [Int: StoragePlan.Place] = [:]
  /// The blocks made for this list.
  private(set) var blocks: [Int] = []
  private let inPlace: Bool

  init(
    _ list: ListPlan, _ outliving: Set<Int>, _ storage: inout StoragePlan, inPlace: Bool
  ) {
    self.inPlace = inPlace
    let graph = list.graph
    for node in list.nodes.sorted(by: >) where list.needsMemory(node, outliving) {
      let isKept = outliving.contains(node)
      if places[node] == nil {
        let block = storage.newBlock(graph.shape(node).count, isKept: isKept)
        blocks.append(block)
        places[node] = .init(block: block, offset: 0)
      }
      guard let place = places[node] else { continue }
      guard let kernel = graph.operation(node) as? any Kernel else { continue }
      if let offsets = kernel.pieces {
        let operands = graph.nodes[node].operands
        let covered = operands.reduce(0) { $0 + graph.shape($1).count }
        // What no piece covers is zero from the start and must stay so.
        if covered < graph.shape(node).count { storage.keep(place.block) }
        for (offset, operand) in zip(offsets, operands) {
          claim(operand, .init(block: place.block, offset: place.offset + offset), list, outliving)
        }
      }
      if let base = kernel.base {
        claimBase(graph.operand(node, base), place, list, outliving)
      }
    }
  }

  /// Has what a product is added onto made where the sum is to be, which writes over it: if nothing else reads it.
  private mutating func claimBase(
    _ base: Int, _ place: StoragePlan.Place, _ list: ListPlan, _ outliving: Set<Int>
  ) {
    if list.isReadOnce(list.reading.origin(base)) { claim(base, place, list, outliving) }
  }

  /// Has an operand made at a place, if it is made by this list, whole, and has none yet.
  private mutating func claim(
    _ operand: Int, _ place: StoragePlan.Place, _ list: ListPlan, _ outliving: Set<Int>
  ) {
    let origin = list.reading.origin(operand)
    guard inPlace, list.contains(origin), places[origin] == nil, !outliving.contains(origin),
      list.reading.isWhole(operand), !list.reading.isVirtual(operand)
    else { return }
    places[origin] = place
  }
}
