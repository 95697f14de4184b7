/// How a loop reads or writes a value at row r, column c of its space.
enum Access: Hashable {
  /// One value an element.
  case full
  /// One value a column, the same in all rows.
  case row
  /// One value a row, the same in all columns.
  case column
  /// One value.
  case scalar
  /// A window's value for each pixel, where rows are pixels.
  case pooled
}

/// A read of a value by a loop: which node's value, and how. `columns` is what the read demands of
/// the space, if anything.
struct Read: Hashable {
  let node: Int
  let access: Access
  let columns: Int?
}

/// Which nodes are computed in fused loops, and how these read their operands.
struct LoopReading {
  let graph: Graph
  /// Spreads that are written out because something other than a loop reads them.
  private(set) var written: [Bool]
  /// Nodes that have no value of their own: each loop that reads one computes it.
  private(set) var recomputed: [Bool]

  init(_ graph: Graph, needed: [Bool], roots: [Int], _ optimisations: Optimisations) {
    self.graph = graph
    written = [Bool](repeating: false, count: graph.nodes.count)
    recomputed = written
    for root in roots { markWritten(root) }
    for node in needed.indices where needed[node] {
      // Nothing else, and no window's value, is read where it repeats.
      if !isLoop(node) || isSpread(node) || isUnpooling(node) {
        for operand in graph.nodes[node].operands { markWritten(operand) }
      } else {
        markConflicts(node)
      }
    }
    if optimisations.contains(.recomputation) {
      recomputed = Recomputation.nodes(self, needed: needed, roots: roots)
    }
  }

  /// Whether a node is a step of a loop (and not a view, a given value or a kernel call of its own).
  func isLoop(_ node: Int) -> Bool {
    switch graph.operation(node) {
    case .unary, .binary, .scale, .offset, .oneHot, .rowMaximum, .poolScatter: true
    case .sum(let axes): !isInMiddle(axes, of: graph.shape(graph.operand(node)))
    case .spread(let axes): written[node] && !isInMiddle(axes, of: graph.shape(node))
    default: false
    }
  }

  /// A spread that loops read in place: it has no value of its own.
  func isVirtual(_ node: Int) -> Bool { isSpread(node) && !written[node] }

  /// The reads of a loop node, in the order of its operands.
  func reads(_ node: Int) -> [Read] {
    let operands = graph.nodes[node].operands
    if case .oneHot = graph.operation(node) {
      return [Read(node: operands[0], access: .column, columns: graph.shape(node)[1])]
    }
    if case .spread = graph.operation(node) { return [spreadRead(node)] }
    if case .poolScatter = graph.operation(node) {
      return operands.map { Read(node: $0, access: .pooled, columns: graph.shape(node)[3]) }
    }
    return operands.map(read)
  }

  /// What a loop node demands of its space's columns by what it writes.
  func resultColumns(_ node: Int) -> Int? {
    switch graph.operation(node) {
    case .sum(let axes):
      let (outer, middle, inner) = graph.shape(graph.operand(node)).split(around: axes)
      if outer == 1 && inner == 1 { return nil }
      return outer == 1 ? inner : middle
    case .rowMaximum: return graph.shape(graph.operand(node))[1]
    case .poolScatter: return graph.shape(node)[3]
    default: return nil
    }
  }

  /// What a loop node's reads and result together demand of its space's columns: they agree (`markConflicts`).
  func ownColumns(_ node: Int) -> Int? {
    resultColumns(node) ?? reads(node).lazy.compactMap(\.columns).first
  }

  /// How a loop node's value is laid out in its space.
  func resultAccess(_ node: Int) -> Access {
    switch graph.operation(node) {
    case .sum(let axes):
      let (outer, _, inner) = graph.shape(graph.operand(node)).split(around: axes)
      return outer == 1 ? (inner == 1 ? .scalar : .row) : .column
    case .rowMaximum: return .column
    default: return .full
    }
  }

  /// The number of elements of a loop node's space.
  func spaceCount(_ node: Int) -> Int {
    switch graph.operation(node) {
    case .sum, .rowMaximum: graph.shape(graph.operand(node)).count
    default: graph.shape(node).count
    }
  }

  private func read(_ operand: Int) -> Read {
    if isVirtual(operand) { return spreadRead(operand) }
    if graph.shape(operand).count == 1 { return Read(node: operand, access: .scalar, columns: nil) }
    return Read(node: operand, access: .full, columns: nil)
  }

  private func spreadRead(_ node: Int) -> Read {
    guard case .spread(let axes) = graph.operation(node) else {
      fatalError("not a spread: node \(node)")
    }
    let (outer, middle, inner) = graph.shape(node).split(around: axes)
    let source = graph.operand(node)
    if outer * inner == 1 { return Read(node: source, access: .scalar, columns: nil) }
    return outer == 1
      ? Read(node: source, access: .row, columns: inner)
      : Read(node: source, access: .column, columns: middle)
  }

  private func isSpread(_ node: Int) -> Bool {
    if case .spread = graph.operation(node) { return true }
    return false
  }

  private func isUnpooling(_ node: Int) -> Bool { graph.operation(node) == .poolScatter }

  private func isInMiddle(_ axes: Range<Int>, of shape: Shape) -> Bool {
    let (outer, _, inner) = shape.split(around: axes)
    return outer > 1 && inner > 1
  }

  private mutating func markWritten(_ node: Int) {
    if isSpread(node) { written[node] = true }
  }

  /// A loop has one number of columns: operands that demand another are written out first.
  private mutating func markConflicts(_ node: Int) {
    var columns = resultColumns(node)
    for operand in graph.nodes[node].operands where isSpread(operand) && !written[operand] {
      guard case .spread(let axes) = graph.operation(operand) else { continue }
      let demanded = spreadRead(operand).columns
      if isInMiddle(axes, of: graph.shape(operand))
        || (demanded != nil && columns != nil && demanded != columns)
      {
        written[operand] = true
      } else {
        columns = columns ?? demanded
      }
    }
  }
}
