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
  /// How nodes go through loops, if they can.
  private let forms: [LoopForm?]
  private let isSpread: [Bool]
  private let isViewed: [Bool]
  /// Spreads that are written out because something other than a loop reads them.
  private var written: [Bool]
  /// The node whose value an operand reads, through views and virtual spreads.
  private var origins: [Int]
  /// Nodes that have no value of their own: each loop that reads one computes it.
  private(set) var recomputed: [Bool]

  init(_ graph: Graph, needed: [Bool], roots: [Int], _ optimisations: Optimisations) {
    self.graph = graph
    forms = needed.indices.map { needed[$0] ? graph.loopForm(of: $0) : nil }
    isSpread = graph.nodes.map { $0.operation is Spread }
    isViewed = graph.nodes.map { $0.operation is any View }
    written = [Bool](repeating: false, count: graph.nodes.count)
    recomputed = written
    origins = Array(graph.nodes.indices)
    for root in roots { markWritten(root) }
    for node in needed.indices where needed[node] {
      // Nothing else, and no window's value, is read where it repeats.
      if !isLoop(node) || isSpread[node] || readsWindows(node) {
        for operand in graph.nodes[node].operands { markWritten(operand) }
      } else {
        markConflicts(node)
      }
    }
    for node in needed.indices where needed[node] && (isView(node) || isVirtual(node)) {
      origins[node] = origins[graph.operand(node)]
    }
    if optimisations.contains(.recomputation) {
      recomputed = Recomputation.nodes(self, needed: needed, roots: roots)
    }
  }

  // MARK: Views

  /// Views have no value of their own.
  func isView(_ node: Int) -> Bool { isViewed[node] }

  /// A spread that loops read in place: it has no value of its own.
  func isVirtual(_ node: Int) -> Bool { isSpread[node] && !written[node] }

  /// The node whose value an operand reads, through views and virtual spreads.
  func origin(_ operand: Int) -> Int { origins[operand] }

  /// What an operand shows in memory: itself, or what a virtual spread repeats.
  func shown(_ operand: Int) -> Int { isVirtual(operand) ? graph.operand(operand) : operand }

  /// Whether an operand shows all of its origin, in order.
  func isWhole(_ operand: Int) -> Bool {
    graph.shape(shown(operand)).count == graph.shape(origin(operand)).count
  }

  // MARK: Loops

  /// How a node goes through a loop; `nil` of what is none of a loop's steps (but a view, a given value, a spread that
  /// loops read in place, or a kernel call of its own).
  func form(_ node: Int) -> LoopForm? { isVirtual(node) ? nil : forms[node] }

  /// Whether a node is a step of a loop.
  func isLoop(_ node: Int) -> Bool { form(node) != nil }

  /// The reads of a loop node, in the order of its operands.
  func reads(_ node: Int) -> [Read] {
    let operands = graph.nodes[node].operands
    guard let reads = forms[node]?.reads else { return operands.map(read) }
    return zip(operands, reads).map { Read(node: $0, access: $1.access, columns: $1.columns) }
  }

  /// What a loop node demands of its space's columns by what it writes.
  func resultColumns(_ node: Int) -> Int? { forms[node]?.resultColumns }

  /// What a loop node's reads and result together demand of its space's columns: they agree (`markConflicts`).
  func ownColumns(_ node: Int) -> Int? {
    resultColumns(node) ?? reads(node).lazy.compactMap(\.columns).first
  }

  /// How a loop node's value is laid out in its space.
  func resultAccess(_ node: Int) -> Access { forms[node]?.result ?? .full }

  /// The number of elements of a loop node's space.
  func spaceCount(_ node: Int) -> Int { forms[node]?.count ?? graph.shape(node).count }

  private func readsWindows(_ node: Int) -> Bool {
    forms[node]?.reads?.contains { $0.access == .pooled } ?? false
  }

  private func read(_ operand: Int) -> Read {
    if isVirtual(operand), let spread = forms[operand]?.reads?.first {
      return Read(node: graph.operand(operand), access: spread.access, columns: spread.columns)
    }
    if graph.shape(operand).count == 1 { return Read(node: operand, access: .scalar, columns: nil) }
    return Read(node: operand, access: .full, columns: nil)
  }

  // MARK: Spreads

  private mutating func markWritten(_ node: Int) {
    if isSpread[node] { written[node] = true }
  }

  /// A loop has one number of columns: operands that demand another are written out first, and those that repeat along
  /// a middle axis.
  private mutating func markConflicts(_ node: Int) {
    var columns = resultColumns(node)
    for operand in graph.nodes[node].operands where isVirtual(operand) {
      guard let spread = forms[operand]?.reads?.first else {
        written[operand] = true
        continue
      }
      if let demanded = spread.columns, let columns, demanded != columns {
        written[operand] = true
      } else {
        columns = columns ?? spread.columns
      }
    }
  }
}

extension Graph {
  fileprivate func loopForm(of node: Int) -> LoopForm? {
    (operation(node) as? any LoopStep)?
      .form(shape(node), nodes[node].operands.map { shape($0) })
  }
}
