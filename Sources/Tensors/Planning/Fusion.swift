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
  /// The largest number of steps in a loop: more would not fit the nearest cache.
  private static let longest = 40

  init(_ graph: Graph, _ reading: LoopReading, nodes: [Int]) {
    self.graph = graph
    self.reading = reading
    for node in nodes
    where !isView(node) && !reading.isVirtual(node) && !reading.recomputed[node] {
      place(node)
    }
  }

  /// Views have no value of their own.
  private func isView(_ node: Int) -> Bool {
    switch graph.operation(node) {
    case .reshape, .slice: true
    default: false
    }
  }

  private mutating func place(_ node: Int) {
    let producers = producers(of: node)
    let earliest = producers.map { unit[$0] ?? 0 }.max() ?? 0
    if joinsPooling(node) { return }
    if reading.isLoop(node) {
      for index in candidates(node, from: earliest) where join(node, index, producers) { return }
      let columns = demandedColumns(node)
      works.append(
        Work(
          nodes: recomputed(for: node) + [node],
          loop: .init(count: reading.spaceCount(node), columns: columns)))
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
    graph.nodes[node].operands.map(origin).flatMap { source in
      reading.recomputed[source] ? sources(of: source) : [source]
    }
  }

  /// What has to be computed anew before a node, in order.
  private func recomputed(for node: Int) -> [Int] {
    let own = graph.nodes[node].operands.map(origin).filter { reading.recomputed[$0] }
    return own.reduce(into: []) { nodes, source in
      for inner in recomputed(for: source) + [source] where !nodes.contains(inner) {
        nodes.append(inner)
      }
    }
  }

  /// The node whose memory or tile an operand reads.
  private func origin(_ operand: Int) -> Int {
    var node = operand
    while isView(node) || reading.isVirtual(node) { node = graph.operand(node) }
    return node
  }

  /// Loops that a node might join: first those that make an operand, then those that read one.
  private func candidates(_ node: Int, from earliest: Int) -> [Int] {
    guard earliest < works.count else { return [] }
    let isNumber = reading.spaceCount(node) == 1
    let origins = Set(sources(of: node).filter { isNumber || !isScalar($0) })
    let range = (earliest..<works.count).filter {
      works[$0].loop != nil && works[$0].nodes.count < Self.longest
    }
    let making = range.filter { index in origins.contains { unit[$0] == index } }
    let reading = range.filter { index in
      !making.contains(index)
        && works[index].nodes.contains { other in
          graph.nodes[other].operands.contains { origins.contains(origin($0)) }
        }
    }
    return making + reading
  }

  private func isScalar(_ node: Int) -> Bool { graph.shape(node).count == 1 }

  /// What a node's reads and result together demand of the number of columns.
  private func demandedColumns(_ node: Int) -> Int? {
    reading.resultColumns(node) ?? reading.reads(node).compactMap(\.columns).first
      ?? recomputed(for: node).compactMap(demandedColumns).first
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
      add(Array(steps.dropLast()), to: index)
      works[index].loop?.columns = columns
      if reading.resultAccess(node) == .column { columnNodes.insert(node) }
    } else {
      guard isColumnStep(node, loop, inside) else { return false }
      columnNodes.insert(node)
    }
    works[index].nodes.append(node)
    unit[node] = index
    return true
  }

  /// Adds what a loop computes anew, once.
  private mutating func add(_ recomputed: [Int], to index: Int) {
    for node in recomputed where !works[index].nodes.contains(node) {
      works[index].nodes.append(node)
    }
  }

  /// Whether a node's read of another node of the same loop is of what a tile already holds.
  private func isAtHand(
    _ producer: Int, for node: Int, _ loop: Work.LoopSpace, _ columns: Int?
  ) -> Bool {
    let reads = zip(graph.nodes[node].operands, reading.reads(node))
      .filter { origin($0.0) == producer }
    return reads.allSatisfy { operand, read in
      // Only views of the whole, in order, are the tile's own elements.
      guard graph.shape(origin(operand)).count == graph.shape(viewed(operand)).count else {
        return false
      }
      if columnNodes.contains(producer) {
        return read.access == .column && read.columns == columns
      }
      guard reading.resultAccess(producer) == .full, read.access != .pooled else { return false }
      return read.access == .full || loop.count == 1
    }
  }

  /// An operand, or what a virtual spread repeats.
  private func viewed(_ operand: Int) -> Int {
    reading.isVirtual(operand) ? graph.operand(operand) : operand
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
        || graph.shape(origin(operand)).count == graph.shape(operand).count
    }
  }

  private func isSpreadNode(_ node: Int) -> Bool {
    if case .spread = graph.operation(node) { return true }
    return false
  }
}
