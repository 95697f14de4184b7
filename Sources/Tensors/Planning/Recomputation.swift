/// Values that loops compute anew wherever they read them, because that costs less than writing and
/// reading them: a few light steps on long values that are in memory anyway.
struct Recomputation {
  private let reading: LoopReading
  private var graph: Graph { reading.graph }
  /// What computing a value anew takes; `nil` where it has to be in memory.
  private var costs: [Cost?]

  private struct Cost {
    var steps: Int
    /// Values in memory with one element for each of its own.
    var sources: Set<Int>
    /// The number of columns that its steps demand of a loop, if any does.
    var columns: Int?
  }

  /// For fewer elements a loop's own cost matters more.
  private static let fewestElements = 512
  private static let mostSteps = 2
  private static let mostSources = 2

  /// Which nodes are computed anew by their readers.
  static func nodes(_ reading: LoopReading, needed: [Bool], roots: [Int]) -> [Bool] {
    var recomputation = Recomputation(reading, needed: needed, roots: roots)
    // What is kept in memory changes what its readers cost; each round keeps something more, or is the last.
    while recomputation.keepsConflicts(needed) {}
    return recomputation.costs.map { $0 != nil }
  }

  /// Finds all costs, and has those values kept in memory that some loop cannot compute beside what else it computes:
  /// a loop has one number of columns. Gives whether there are any.
  private mutating func keepsConflicts(_ needed: [Bool]) -> Bool {
    var conflicts: [Int] = []
    for node in needed.indices where needed[node] {
      costs[node] = nil
      guard reading.isLoop(node) else { continue }
      var columns = reading.ownColumns(node)
      for operand in graph.nodes[node].operands {
        let origin = reading.origin(operand)
        guard let demanded = costs[origin]?.columns else { continue }
        if let columns, columns != demanded { conflicts.append(origin) }
        columns = columns ?? demanded
      }
      costs[node] = cost(node, columns)
    }
    for node in conflicts { inMemory[node] = true }
    return !conflicts.isEmpty
  }

  /// Nodes that something other than a loop over as many elements reads.
  private var inMemory: [Bool]

  private init(_ reading: LoopReading, needed: [Bool], roots: [Int]) {
    self.reading = reading
    let graph = reading.graph
    costs = [Cost?](repeating: nil, count: graph.nodes.count)
    inMemory = [Bool](repeating: false, count: graph.nodes.count)
    for root in roots { inMemory[reading.origin(root)] = true }
    for node in needed.indices where needed[node] && !reading.isVirtual(node) {
      for operand in graph.nodes[node].operands {
        let isOwnElement =
          reading.isLoop(node) && !reading.isVirtual(operand) && !reading.isView(operand)
          && reading.spaceCount(node) == graph.shape(operand).count
        if !isOwnElement { inMemory[reading.origin(operand)] = true }
      }
    }
  }

  private func cost(_ node: Int, _ columns: Int?) -> Cost? {
    guard !inMemory[node], reading.form(node)?.isLight == true,
      graph.shape(node).count >= Self.fewestElements
    else {
      return nil
    }
    var cost = Cost(steps: 1, sources: [], columns: columns)
    for (operand, read) in zip(graph.nodes[node].operands, reading.reads(node))
    where read.access == .full {
      let origin = reading.origin(operand)
      if let inner = costs[origin] {
        cost.steps += inner.steps
        cost.sources.formUnion(inner.sources)
      } else {
        guard isInMemoryAnyway(origin) else { return nil }
        cost.sources.insert(origin)
      }
    }
    let isCheap = cost.steps <= Self.mostSteps && cost.sources.count <= Self.mostSources
    return isCheap ? cost : nil
  }

  /// Given values and the results of kernels other than loops.
  private func isInMemoryAnyway(_ node: Int) -> Bool {
    inMemory[node] || graph.isGiven(node) || !reading.isLoop(node)
  }
}
