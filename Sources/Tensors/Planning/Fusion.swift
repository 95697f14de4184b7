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
  /// The unit that computes a node of this list.
  private var unit: [Int: Int] = [:]
  /// Nodes that are one value a row of their unit's loop.
  private(set) var columnNodes: Set<Int> = []
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
    for node in nodes
    where !reading.isView(node) && !reading.isVirtual(node) && !reading.recomputed[node] {
      place(node)
    }
  }

  private mutating func place(_ node: Int) {
    let producers = producers(of: node)
    let earliest = producers.map { unit[$0] ?? 0 }.max() ?? 0
    if optimisations.contains(.pooling), joinsPooling(node) { return }
    if reading.isLoop(node) {
      for index in candidates(node, from: earliest) where join(node, index, producers) { return }
      let space = Work.LoopSpace(
        count: reading.spaceCount(node), columns: demandedColumns(node))
      works.append(Work(nodes: [], loop: space))
      add(recomputed(for: node) + [node], to: works.count - 1)
    } else {
      works.append(Work(nodes: [node], loop: nil))
    }
    unit[node] = works.count - 1
    if reading.resultAccess(node) == .column { columnNodes.insert(node) }
  }

  /// One kernel call finds a window's largest value and which it is.
  private mutating func joinsPooling(_ node: Int) -> Bool {
    guard let (place, values) = gathering(node), let index = unit[place],
      works[index].nodes == [place], graph.nodes[place].operands.starts(with: values)
    else { return false }
    works[index].nodes.append(node)
    unit[node] = index
    return true
  }

  /// Of a node that gathers largest values: which of a window they are, and what they are values of.
  private func gathering(_ node: Int) -> (place: Int, values: [Int])? {
    let operands = graph.nodes[node].operands
    return switch graph.operation(node) {
    case .poolGather: (operands[1], [operands[0]])
    case .patchPoolGather: (operands[2], [operands[0], operands[1]])
    default: nil
    }
  }

  /// The nodes of this list that a node's operands come from.
  private func producers(of node: Int) -> [Int] { sources(of: node).filter { unit[$0] != nil } }

  /// What a node reads, through views, virtual spreads and what is computed anew.
  private func sources(of node: Int) -> [Int] {
    graph.nodes[node].operands.map(reading.origin).flatMap { source in
      reading.recomputed[source] ? sources(of: source) : [source]
    }
  }

  /// What has to be computed anew before a node, in order.
  private func recomputed(for node: Int) -> [Int] {
    let own = graph.nodes[node].operands.map(reading.origin).filter { reading.recomputed[$0] }
    return own.reduce(into: []) { nodes, source in
      for inner in recomputed(for: source) + [source] where !nodes.contains(inner) {
        nodes.append(inner)
      }
    }
  }

  /// Loops that a node might join: first those that make an operand, then those that read one.
  private func candidates(_ node: Int, from earliest: Int) -> [Int] {
    guard optimisations.contains(.fusion) else { return [] }
    let count = reading.spaceCount(node)
    let origins = Set(sources(of: node).filter { count == 1 || !isScalar($0) })
    let making = Set(origins.compactMap { unit[$0] }).filter { $0 >= earliest }
    let reading = Set(
      origins.flatMap { value in
        readers[Reading(value: value, count: count), default: []].reversed()
          .prefix { $0 >= earliest }
      }
    ).subtracting(making)
    return (making.sorted() + reading.sorted()).filter {
      works[$0].loop != nil && works[$0].nodes.count < Self.longest
    }
  }

  private func isScalar(_ node: Int) -> Bool { graph.shape(node).count == 1 }

  /// What a node and all that is computed anew for it demand of the number of columns: they agree (`Recomputation`).
  private func demandedColumns(_ node: Int) -> Int? {
    reading.ownColumns(node) ?? recomputed(for: node).lazy.compactMap(reading.ownColumns).first
  }

  /// Adds a node to a loop if all that it reads of that loop is at hand when a tile is.
  private mutating func join(_ node: Int, _ index: Int, _ producers: [Int]) -> Bool {
    guard let loop = works[index].loop else { return false }
    let inside = producers.filter { unit[$0] == index }
    if reading.spaceCount(node) == loop.count {
      let demanded = demandedColumns(node)
      if let demanded, let columns = loop.columns, demanded != columns { return false }
      let columns = loop.columns ?? demanded
      let steps = recomputed(for: node) + [node]
      guard
        steps.allSatisfy({ step in
          inside.allSatisfy { isAtHand($0, for: step, loop, columns) }
        })
      else { return false }
      add(steps, to: index)
      works[index].loop?.columns = columns
      if reading.resultAccess(node) == .column { columnNodes.insert(node) }
    } else {
      guard isColumnStep(node, loop, inside) else { return false }
      columnNodes.insert(node)
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

  /// Whether a node's read of another node of the same loop is of what a tile already holds.
  private func isAtHand(
    _ producer: Int, for node: Int, _ loop: Work.LoopSpace, _ columns: Int?
  ) -> Bool {
    let reads = zip(graph.nodes[node].operands, reading.reads(node))
      .filter { reading.origin($0.0) == producer }
    return reads.allSatisfy { operand, read in
      // Only views of the whole, in order, are the tile's own elements.
      guard reading.isWhole(operand) else { return false }
      if columnNodes.contains(producer) {
        return read.access == .column && read.columns == columns
      }
      guard reading.resultAccess(producer) == .full, read.access != .pooled else { return false }
      return read.access == .full || loop.count == 1
    }
  }

  /// Whether a node is element-wise over one value a row of a loop, some of them made by that loop.
  private func isColumnStep(_ node: Int, _ loop: Work.LoopSpace, _ inside: [Int]) -> Bool {
    guard let columns = loop.columns, !inside.isEmpty,
      graph.shape(node).count * columns == loop.count,
      reading.resultAccess(node) == .full, reading.spaceCount(node) == graph.shape(node).count,
      demandedColumns(node) == nil, !isSpreadNode(node), recomputed(for: node).isEmpty,
      inside.allSatisfy(columnNodes.contains)
    else { return false }
    return zip(graph.nodes[node].operands, reading.reads(node)).allSatisfy { operand, read in
      read.access == .scalar
        || graph.shape(reading.origin(operand)).count == graph.shape(operand).count
    }
  }

  private func isSpreadNode(_ node: Int) -> Bool {
    if case .spread = graph.operation(node) { return true }
    return false
  }
}

extension [Int] {
  /// Inserts a number among smaller and larger ones, unless it is there: near the end, mostly.
  fileprivate mutating func insertInOrder(_ number: Int) {
    var place = count
    while place > 0, self[place - 1] > number { place -= 1 }
    if place > 0, self[place - 1] == number { return }
    insert(number, at: place)
  }
}
