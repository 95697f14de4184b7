import CKernels

/// Writes one fused loop: its nodes as steps, multiplications folded into what reads them, values that
/// nothing else needs in temporary tiles.
struct LoopEmission {
  /// A value read or written by a step.
  struct Reference: Hashable {
    let node: Int
    let access: Access
  }

  struct Step {
    var kind: ck_step_kind
    var inputs: [Reference]
    var result: Reference
    var immediate = 0.0
    /// Height and width of images, where pixels are told apart.
    var images: (height: Int, width: Int) = (0, 0)
  }

  let list: ListPlan
  let work: Work
  let columns: Int
  let rows: Int
  /// The place of a node's value in elements; `nil` for those in tiles.
  let offset: (Int) -> Int?
  private var steps: [Step] = []
  private var graph: Graph { list.graph }
  private let inside: Set<Int>

  init(_ list: ListPlan, _ work: Work, _ loop: Work.LoopSpace, offset: @escaping (Int) -> Int?) {
    self.list = list
    self.work = work
    self.offset = offset
    columns = loop.columns ?? loop.count
    rows = columns == 0 ? 0 : loop.count / columns
    inside = Set(work.nodes)
    let folded = foldedOperands()
    for node in work.nodes where !folded.values.contains(node) {
      steps.append(step(node, folding: folded[node]))
    }
    takeInDifferences()
  }

  // MARK: Steps

  /// For each node that can take in a multiplication, the multiplication that only it reads.
  private func foldedOperands() -> [Int: Int] {
    var readers: [Int: Int] = [:]
    for node in work.nodes {
      for operand in graph.nodes[node].operands {
        readers[list.reading.origin(operand), default: 0] += 1
      }
    }
    var folded: [Int: Int] = [:]
    for node in work.nodes {
      let operands: [Int] =
        switch graph.operation(node) {
        case let binary as Binary where binary.function == .add || binary.function == .subtract:
          graph.nodes[node].operands.reversed()
        case is Sum: graph.nodes[node].operands
        default: []
        }
      folded[node] = operands.first { operand in
        guard inside.contains(operand), readers[operand] == 1, offset(operand) == nil,
          folded[operand] == nil
        else { return false }
        if graph.isBinary(operand, .multiply) || graph.isUnary(operand, .square) { return true }
        return graph.factor(operand) != nil
          && (graph.isBinary(node, .add)
            || graph.isBinary(node, .subtract) && operand == graph.operand(node, 1))
      }
    }
    return folded
  }

  /// Differences that are multiplied by something, as batch norm and pulls towards a point are made of, become one step
  /// with that.
  private mutating func takeInDifferences() {
    var readers: [Int: Int] = [:]
    for input in steps.flatMap(\.inputs) { readers[input.node, default: 0] += 1 }
    for (index, step) in steps.enumerated() where step.kind == CK_SUBTRACT {
      let difference = step.result
      guard difference.access == .full, readers[difference.node] == 1,
        offset(difference.node) == nil,
        let reader = steps.indices.first(where: { steps[$0].inputs.contains(difference) })
      else { continue }
      guard let merged = merged(step, into: steps[reader]) else { continue }
      steps[reader] = merged
      steps[index].inputs = []
    }
    steps.removeAll { $0.inputs.isEmpty }
  }

  private func merged(_ difference: Step, into reader: Step) -> Step? {
    if reader.kind == CK_ADD_SCALED, reader.inputs[0] != difference.result {
      var merged = reader
      merged.kind = CK_ADD_SCALED_DIFFERENCE
      merged.inputs = [reader.inputs[0]] + difference.inputs
      return merged
    }
    guard reader.kind == CK_MULTIPLY || reader.kind == CK_MULTIPLY_ADD,
      let place = reader.inputs.prefix(2).firstIndex(of: difference.result)
    else { return nil }
    var merged = reader
    merged.kind = reader.kind == CK_MULTIPLY ? CK_CENTRED_SCALED : CK_CENTRED_SCALED_ADD
    merged.inputs = difference.inputs + [reader.inputs[1 - place]] + reader.inputs.dropFirst(2)
    return merged
  }

  private func step(_ node: Int, folding folded: Int?) -> Step {
    let result = Reference(node: node, access: resultAccess(node))
    if let folded { return step(node, folding: folded, result) }
    guard let form = list.reading.form(node) else { fatalError("not a loop's step: node \(node)") }
    return Step(
      kind: form.kind, inputs: references(node), result: result, immediate: form.number,
      images: form.images)
  }

  private func step(_ node: Int, folding folded: Int, _ result: Reference) -> Step {
    var factors = references(folded)
    if graph.isUnary(folded, .square) { factors.append(factors[0]) }
    if let form = list.reading.form(node), graph.operation(node) is Sum {
      return Step(kind: form.kind, inputs: factors, result: result)
    }
    let operands = graph.nodes[node].operands
    let isFirst = operands[0] == folded
    let other = references(node)[isFirst ? 1 : 0]
    let isDifference = graph.isBinary(node, .subtract)
    if let factor = graph.factor(folded) {
      return Step(
        kind: CK_ADD_SCALED, inputs: [other, factors[0]], result: result,
        immediate: isDifference ? -factor : factor)
    }
    let kind =
      !isDifference
      ? CK_MULTIPLY_ADD : (isFirst ? CK_MULTIPLY_SUBTRACT : CK_NEGATED_MULTIPLY_ADD)
    return Step(kind: kind, inputs: factors + [other], result: result)
  }

  /// What a node reads, as seen from this loop's space.
  private func references(_ node: Int) -> [Reference] {
    let isColumnStep = list.isColumn[node] && list.reading.resultAccess(node) == .full
    return zip(graph.nodes[node].operands, list.reading.reads(node)).map { operand, read in
      let access: Access = isColumnStep && read.access == .full ? .column : read.access
      let origin = list.reading.origin(operand)
      // Inside a space of one element, scalars are the elements.
      let isOwnElement = inside.contains(origin) && access == .scalar
      // Views into memory are read where they are; tiles by their origin.
      return Reference(
        node: inside.contains(origin) ? origin : list.reading.shown(operand),
        access: isOwnElement ? .full : access)
    }
  }

  private func resultAccess(_ node: Int) -> Access {
    let access = list.reading.resultAccess(node)
    return access == .full && list.isColumn[node] ? .column : access
  }

  // MARK: Operands

  /// The loop, with every reference an operand and tiles shared by values that do not live together.
  func descriptor() -> LoopDescriptor {
    var lastUse: [Int: Int] = [:]
    for (index, step) in steps.enumerated() {
      for input in step.inputs { lastUse[input.node] = index }
    }
    var numbers: [Reference: Int32] = [:]
    var operands: [ck_operand] = []
    var tiles: [Int: Int] = [:]
    var free: [Int] = []
    var tileCount = 0
    func number(_ reference: Reference) -> Int32 {
      if let number = numbers[reference] { return number }
      operands.append(operand(reference, tile: tiles[reference.node]))
      numbers[reference] = Int32(operands.count - 1)
      return Int32(operands.count - 1)
    }
    let written = steps.enumerated().map { index, step in
      let inputs = step.inputs.map(number)
      // A tile whose last reader this is may be written by it, element for element.
      let ended = released(by: step, at: index, lastUse, tiles)
      free += ended.same
      if offset(step.result.node) == nil {
        let tile = free.isEmpty ? tileCount : free.removeLast()
        tileCount = max(tileCount, tile + 1)
        tiles[step.result.node] = tile
      }
      free += ended.other
      return ck_step(step, inputs, to: number(step.result))
    }
    return LoopDescriptor(
      rows: rows, columns: columns, temporaries: tileCount, operands: operands, steps: written)
  }

  /// The tiles that a step reads last: those laid out as its result is, and the others.
  private func released(
    by step: Step, at index: Int, _ lastUse: [Int: Int], _ tiles: [Int: Int]
  ) -> (same: [Int], other: [Int]) {
    var same: [Int] = []
    var other: [Int] = []
    var seen: Set<Int> = []
    for input in step.inputs where lastUse[input.node] == index {
      guard let tile = tiles[input.node], seen.insert(tile).inserted else { continue }
      if input.access == step.result.access { same.append(tile) } else { other.append(tile) }
    }
    return (same, other)
  }

  private func operand(_ reference: Reference, tile: Int?) -> ck_operand {
    if let tile {
      let kind = reference.access == .column ? CK_TEMPORARY_COLUMN : CK_TEMPORARY
      return ck_operand(kind, offset: tile, row: 0)
    }
    guard let offset = offset(reference.node) else {
      fatalError("node \(reference.node) is neither in a tile nor in memory")
    }
    let kind =
      switch reference.access {
      case .full: CK_FULL
      case .row: CK_ROW
      case .column: CK_COLUMN
      case .scalar: CK_SCALAR
      case .pooled: CK_POOLED
      }
    return ck_operand(kind, offset: offset, row: columns)
  }
}

extension ck_operand {
  /// An operand as a loop is given it; planning the loop fills in the rest.
  fileprivate init(_ addressing: ck_addressing, offset: Int, row: Int) {
    self.init()
    self.offset = Int64(offset)
    self.row = Int64(row)
    self.addressing = Int32(addressing.rawValue)
  }
}

extension ck_step {
  fileprivate init(_ step: LoopEmission.Step, _ inputs: [Int32], to result: Int32) {
    self.init()
    kind = Int32(step.kind.rawValue)
    height = Int32(step.images.height)
    width = Int32(step.images.width)
    a = inputs[0]
    b = inputs.count > 1 ? inputs[1] : -1
    c = inputs.count > 2 ? inputs[2] : -1
    e = inputs.count > 3 ? inputs[3] : -1
    d = result
    x = step.immediate
  }
}
