import CKernels

/// The calls of a program's lists, and what each may read and write, where that is audited.
struct Code {
  var lists: [[KernelCall]] = []
  var footprints: [[Footprint]] = []
}

/// Writes a list's units of work as calls of kernels.
struct Emission {
  private let list: ListPlan
  private let storage: StoragePlan
  private let place: (Int) -> StoragePlan.Place
  /// The nodes of this list that have a place in memory; the others live in tiles.
  private let stored: Set<Int>
  private var calls: [KernelCall] = []
  /// A node whose values the unit's call finds on the way to those of its own, if one does.
  private(set) var companion: Int?
  private(set) var code: Code
  private var graph: Graph { list.graph }

  init(
    _ list: ListPlan, _ storage: StoragePlan, stored: Set<Int>,
    _ place: @escaping (Int) -> StoragePlan.Place, _ code: Code, isAudited: Bool
  ) {
    self.list = list
    self.storage = storage
    self.stored = stored
    self.place = place
    self.code = code
    var footprints: [Footprint] = []
    for (unit, work) in list.works.enumerated() {
      if let loop = work.loop { emit(work, loop) } else { emit(work.nodes) }
      if isAudited {
        let footprint = list.footprint(unit, stored: stored) { Int(self.place($0)) }
        for _ in footprints.count..<calls.count { footprints.append(footprint) }
      }
    }
    self.code.lists.append(calls)
    self.code.footprints.append(footprints)
  }

  private mutating func emit(_ work: Work, _ loop: Work.LoopSpace) {
    let emission = LoopEmission(list, work, loop) { [list, place, storage, stored] node in
      if list.reading.recomputed[node] { return nil }
      if list.contains(node) && !stored.contains(node) { return nil }
      let place = place(node)
      return storage.blocks[place.block].offset + place.offset
    }
    call(\.loop, emission.descriptor())
  }

  private mutating func emit(_ nodes: [Int]) {
    let node = nodes[0]
    guard let kernel = graph.operation(node) as? any Kernel else {
      fatalError("no kernel for node \(node): \(graph.operation(node))")
    }
    companion = nodes.count > 1 ? nodes[1] : nil
    // What could not be made where the result is to be.
    if let base = kernel.base {
      copy(from: place(node, operand: base), to: place(node), shape(node).count)
    }
    kernel.emit(node, into: &self)
  }

  // MARK: For kernels

  func shape(_ node: Int) -> Shape { graph.shape(node) }

  func shape(_ node: Int, operand: Int) -> Shape { graph.shape(graph.operand(node, operand)) }

  func operandCount(_ node: Int) -> Int { graph.nodes[node].operands.count }

  /// The first element of a node's values in the arena.
  func place(_ node: Int) -> Int64 {
    let place = place(node)
    return Int64(storage.blocks[place.block].offset + place.offset)
  }

  func place(_ node: Int, operand: Int) -> Int64 { place(graph.operand(node, operand)) }

  mutating func call(
    _ kernel: KeyPath<ck_kernels, ck_kernel>, _ descriptor: some Descriptor
  ) {
    calls.append(KernelCall(kernel: kernel, descriptor: descriptor))
  }

  /// Copies elements, if they are not there already.
  mutating func copy(from source: Int64, to target: Int64, _ count: Int) {
    if source == target { return }
    call(\.copy, ck_copying(count: Int64(count), source: source, target: target))
  }
}
