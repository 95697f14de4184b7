/// A unit of work: a fused loop over one space, or one kernel call.
struct Work {
  /// The nodes it computes, operands first.
  var nodes: [Int]
  /// For loops: the number of elements of the space, and of its columns where something demands it.
  var loop: LoopSpace?

  struct LoopSpace {
    let count: Int
    var columns: Int?
  }
}

/// Gathers a list's nodes into units of work. A node joins the loop that makes its operands, or one that
/// reads the same values, when it can run at the same tile; otherwise it starts a new unit. This is
/// greedy, in node order, and depends on the graph alone.
struct Fusion {
  let graph: Graph
  let reading: LoopReading
  private(set) var works: [Work] = []
  /// The unit that computes a node, if one of this list does.
  private var unit: [Int?]
  /// Nodes that are one value a row of their unit's loop.
  private(set) var isColumn: [Bool]
  /// The loops that read a value, in order.
  private var readers: [Reading: [Int]] = [:]
  /// The largest number of steps in a loop: more would not fit the nearest cache.
  private static let longest = 40

  /// A value, read by loops over so many elements.
  private struct Reading: Hashable {
    let value: Int
    let count: Int
  }

  private let optimisations: Optimisations

  init(
    _ graph: Graph, _ reading: LoopReading, nodes: [Int], _ optimisations: Optimisations
  ) {
    self.graph = graph
    self.reading = reading
    self.optimisations = optimisations
    unit = [Int?](repeating: nil, count: graph.nodes.count)
    isColumn = [Bool](repeating: false, count: graph.nodes.count)
    for node in nodes
    where !reading.isView(node) && !reading.isVirtual(node) && !reading.recomputed[node] {
      place(node)
    }
  }

  /// A loop node that looks for a unit, and what that depends on.
  private struct Step {
    let node: Int
    /// What it reads, through views, virtual spreads and what is computed anew.
    let sources: [Int]
    /// What has to be computed anew before it, and the node.
    let nodes: [Int]
    /// The size of its space, and the number of columns that its nodes demand: they agree (`Recomputation`).
    let space: Work.LoopSpace
    /// The first unit in which all that it reads is there.
    let earliest: Int
  }

  private mutating func place(_ node: Int) {
    if optimisations.contains(.pooling), joinsLeader(node) { return }
    if reading.isLoop(node) {
      let step = step(node)
      for index in candidates(step) where join(step, index) { return }
      works.append(Work(nodes: [], loop: step.space))
      add(step.nodes, to: works.count - 1)
    } else {
      works.append(Work(nodes: [node], loop: nil))
    }
    unit[node] = works.count - 1
    if reading.resultAccess(node) == .column { isColumn[node] = true }
  }

  private func step(_ node: Int) -> Step {
    let nodes = recomputed(for: node) + [node]
    let sources = sources(of: node)
    return Step(
      node: node, sources: sources, nodes: nodes,
      space: .init(
        count: reading.spaceCount(node),
        columns: nodes.reversed().lazy.compactMap(reading.ownColumns).first),
      earliest: sources.lazy.compactMap { unit[$0] }.max() ?? 0)
  }

  /// One kernel call finds both, such as a window's largest value and which it is.
  private mutating func joinsLeader(_ node: Int) -> Bool {
    guard let leader = (graph.operation(node) as? any Kernel)?.leader else { return false }
    let operands = graph.nodes[node].operands
    let place = operands[leader.operand]
    guard let index = unit[place], works[index].nodes == [place],
      graph.nodes[place].operands.starts(with: operands[leader.shared])
    else { return false }
    works[index].nodes.append(node)
    unit[node] = index
    return true
  }

  private func sources(of node: Int) -> [Int] {
    graph.nodes[node].operands.flatMap { operand in
      let origin = reading.origin(operand)
      return reading.recomputed[origin] ? sources(of: origin) : [origin]
    }
  }

  private func recomputed(for node: Int) -> [Int] {
    var nodes: [Int] = []
    for operand in graph.nodes[node].operands {
      let origin = reading.origin(operand)
      guard reading.recomputed[origin] else { continue }
      for inner in recomputed(for: origin) + [origin] where !nodes.contains(inner) {
        nodes.append(inner)
      }
    }
    return nodes
  }

  /// Loops that a node might join: first those that make an operand, then those that read one.
  private func candidates(_ step: Step) -> [Int] {
    guard optimisations.contains(.fusion) else { return [] }
    let count = step.space.count
    var making: [Int] = []
    var reading: [Int] = []
    for value in step.sources where count == 1 || !isScalar(value) {
      if let index = unit[value], index >= step.earliest { making.append(index) }
      let readers = readers[Reading(value: value, count: count)] ?? []
      reading += readers.reversed().prefix { $0 >= step.earliest }
    }
    reading.removeAll(where: making.contains)
    return (making.distinctSorted + reading.distinctSorted).filter {
      works[$0].loop != nil && works[$0].nodes.count < Self.longest
    }
  }

  private func isScalar(_ node: Int) -> Bool { graph.shape(node).count == 1 }

  /// Adds a node to a loop if all that it reads of that loop is at hand when a tile is.
  private mutating func join(_ step: Step, _ index: Int) -> Bool {
    guard let loop = works[index].loop else { return false }
    let node = step.node
    let inside = step.sources.filter { unit[$0] == index }
    if step.space.count == loop.count {
      let demanded = step.space.columns
      if let demanded, let columns = loop.columns, demanded != columns { return false }
      let columns = loop.columns ?? demanded
      let isAllAtHand = step.nodes.allSatisfy { reader in
        inside.allSatisfy { isAtHand($0, for: reader, loop, columns) }
      }
      guard isAllAtHand else { return false }
      add(step.nodes, to: index)
      works[index].loop?.columns = columns
      if reading.resultAccess(node) == .column { isColumn[node] = true }
    } else {
      guard isColumnStep(step, loop, inside) else { return false }
      isColumn[node] = true
      add([node], to: index)
    }
    unit[node] = index
    return true
  }

  /// Adds nodes to a loop: what it computes anew once, however many read it.
  private mutating func add(_ nodes: [Int], to index: Int) {
    guard let count = works[index].loop?.count else { return }
    for node in nodes where !works[index].nodes.contains(node) {
      works[index].nodes.append(node)
      for operand in graph.nodes[node].operands {
        let reading = Reading(value: reading.origin(operand), count: count)
        readers[reading, default: []].insertInOrder(index)
      }
    }
  }

  /// Whether a node's reads of another node of the same loop are of what a tile already holds.
  private func isAtHand(
    _ producer: Int, for node: Int, _ loop: Work.LoopSpace, _ columns: Int?
  ) -> Bool {
    zip(graph.nodes[node].operands, reading.reads(node)).allSatisfy { operand, read in
      guard reading.origin(operand) == producer else { return true }
      // Only views of the whole, in order, are the tile's own elements.
      guard reading.isWhole(operand) else { return false }
      if isColumn[producer] { return read.access == .column && read.columns == columns }
      guard reading.resultAccess(producer) == .full, read.access != .pooled else { return false }
      return read.access == .full || loop.count == 1
    }
  }

  /// Whether a node is element-wise over one value a row of a loop, some of them made by that loop.
  private func isColumnStep(_ step: Step, _ loop: Work.LoopSpace, _ inside: [Int]) -> Bool {
    let node = step.node
    guard let columns = loop.columns, !inside.isEmpty,
      graph.shape(node).count * columns == loop.count,
      reading.resultAccess(node) == .full, step.space.count == graph.shape(node).count,
      step.space.columns == nil, !(graph.operation(node) is Spread), step.nodes.count == 1,
      inside.allSatisfy({ isColumn[$0] })
    else { return false }
    return zip(graph.nodes[node].operands, reading.reads(node)).allSatisfy { operand, read in
      read.access == .scalar
        || graph.shape(reading.origin(operand)).count == graph.shape(operand).count
    }
  }
}

extension [Int] {
  /// The numbers in order, each once.
  fileprivate var distinctSorted: [Int] {
    count < 2 ? self : Set(self).sorted()
  }

  /// Inserts a number among smaller and larger ones, unless it is there: near the end, mostly.
  fileprivate mutating func insertInOrder(_ number: Int) {
    var place = count
    while place > 0, self[place - 1] > number { place -= 1 }
    if place > 0, self[place - 1] == number { return }
    insert(number, at: place)
  }
}
