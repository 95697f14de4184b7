import CKernels

/// Writes a list's units of work as instructions.
struct Emission {
  private let list: ListPlan
  private let storage: StoragePlan
  private let place: (Int) -> StoragePlan.Place
  /// The nodes of this list that have a place in memory; the others live in tiles.
  private let stored: Set<Int>
  private var instructions: [Instruction] = []
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
        let footprint = list.footprint(unit, stored: stored, offset)
        for _ in footprints.count..<instructions.count { footprints.append(footprint) }
      }
    }
    self.code.lists.append(instructions)
    self.code.footprints.append(footprints)
  }

  private func offset(_ node: Int) -> Int {
    let place = place(node)
    return storage.blocks[place.block].offset + place.offset
  }

  private mutating func emit(_ work: Work, _ loop: Work.LoopSpace) {
    let emission = LoopEmission(list, work, loop) { [list, place, storage, stored] node in
      if list.reading.recomputed[node] { return nil }
      if list.contains(node) && !stored.contains(node) { return nil }
      let place = place(node)
      return storage.blocks[place.block].offset + place.offset
    }
    let descriptor = code.loops.number(emission.code())
    instructions.append(Instruction(kind: .loop, descriptor: descriptor))
  }

  private mutating func emit(_ nodes: [Int]) {
    let node = nodes[0]
    switch graph.operation(node) {
    case .kernelProduct(let kernel): product(node, kernel)
    case .convolution(let s): convolution(node, .convolution, s, CK_ZERO)
    case .convolutionInput(let s): convolution(node, .convolutionInput, s, CK_ZERO)
    case .convolutionWeights(let s): convolution(node, .convolutionWeights, s, CK_ZERO)
    case .convolutionOnto(let s):
      copyBase(of: node)
      convolution(node, .convolution, s, CK_ACCUMULATE)
    case .convolutionInputOnto(let s):
      copyBase(of: node)
      convolution(node, .convolutionInput, s, CK_ACCUMULATE)
    case .convolutionWeightsOnto(let s):
      copyBase(of: node)
      convolution(node, .convolutionWeights, s, CK_ACCUMULATE)
    case .transformedConvolution: transformed(node, .transformedConvolution, CK_ZERO)
    case .transformedGradient: transformed(node, .transformedGradient, CK_ZERO)
    case .transformedConvolutionOnto:
      copyBase(of: node)
      transformed(node, .transformedConvolution, CK_ACCUMULATE)
    case .transformedGradientOnto:
      copyBase(of: node)
      transformed(node, .transformedGradient, CK_ACCUMULATE)
    case .assemble(let offsets): assemble(node, offsets)
    case .poolIndex, .poolIndexOfAffine: pool(nodes)
    case .patchPoolIndex: patchPool(nodes)
    case .patchFactor, .patchPoolGather, .patchPoolWeights: patch(node)
    default: emitSimple(node)
    }
  }

  // MARK: Kernel calls

  private mutating func product(_ node: Int, _ kernel: Operation.KernelProduct) {
    if kernel.onto == .matrix { copyBase(of: node) }
    let a = graph.operand(node)
    let b = graph.operand(node, 1)
    let (m, n) = (graph.shape(node)[0], graph.shape(node)[1])
    let k = graph.shape(b)[0]
    let hasBias = kernel.onto == .bias || kernel.onto == .rectifiedBias
    let initial = hasBias ? CK_BIAS : kernel.onto == .matrix ? CK_ACCUMULATE : CK_ZERO
    let rows =
      switch kernel.rows {
      case .any: CK_ROWS_ANY
      case .shifted: CK_ROWS_SHIFTED
      case .balanced: CK_ROWS_BALANCED
      }
    var descriptor = ck_product()
    descriptor.m = Int64(m)
    descriptor.n = Int64(n)
    descriptor.k = Int64(k)
    descriptor.a_row = kernel.transposeA ? 1 : Int64(k)
    descriptor.a_column = kernel.transposeA ? Int64(m) : 1
    descriptor.b_row = Int64(n)
    descriptor.c_row = Int64(n)
    descriptor.initial = Int32(initial.rawValue)
    descriptor.relu = kernel.onto == .rectifiedBias ? 1 : 0
    descriptor.rows = Int32(rows.rawValue)
    let bias = hasBias ? graph.operand(node, 2) : nil
    guard kernel.isQuartered, let matrix = graph.nodes[node].operands.last else {
      append(.product, code.products.number(descriptor), a, b, bias, result: node)
      return
    }
    // Quarters are cut into whole vectors; the columns that are left over are multiplied directly.
    let rest = n % Self.columnsOfQuarters
    descriptor.rows = Int32(CK_ROWS_ANY.rawValue)
    descriptor.quartered = 1
    descriptor.n = Int64(n - rest)
    append(.product, code.products.number(descriptor), a, b, bias, result: node)
    guard rest > 0 else { return }
    descriptor.quartered = 0
    descriptor.n = Int64(rest)
    append(
      .product, code.products.number(descriptor), matrix, b, bias, result: node, column: n - rest)
  }

  /// Four blocks of half a vector each.
  private static let columnsOfQuarters = 32

  private mutating func convolution(
    _ node: Int, _ kind: Instruction.Kind, _ stride: Int, _ initial: ck_initial
  ) {
    let a = graph.operand(node)
    let b = graph.operand(node, 1)
    // The images are those before padding: the input of the forward convolution.
    let images: Shape
    let (input, output): (Int, Int)
    switch kind {
    case .convolutionInput:
      images = graph.shape(node)
      (input, output) = (images[3], graph.shape(a)[3])
    default:
      let padded = graph.shape(a)
      images = [padded[0], padded[1] - 2, padded[2] - 2, padded[3]]
      (input, output) = (padded[3], graph.shape(kind == .convolution ? node : b)[3])
    }
    let descriptor = ck_convolution(
      images: Int64(images[0]), height: Int64(images[1]), width: Int64(images[2]),
      in: Int64(input), out: Int64(output), stride: Int64(stride),
      initial: Int32(initial.rawValue))
    append(kind, code.convolutions.number(descriptor), a, b, nil, result: node)
  }

  private mutating func transformed(
    _ node: Int, _ kind: Instruction.Kind, _ initial: ck_initial
  ) {
    let x = graph.operand(node)
    let b = graph.operand(node, 1)
    let s = graph.shape(x)
    let descriptor = ck_convolution(
      images: Int64(s[0]), height: Int64(s[1]), width: Int64(s[2]), in: Int64(s[3]),
      out: Int64(graph.shape(node).sizes.last ?? 0), stride: 1, initial: Int32(initial.rawValue))
    append(kind, code.convolutions.number(descriptor), x, b, nil, result: node)
  }

  private mutating func weights(_ node: Int, _ kind: Instruction.Kind, in: Int, out: Int) {
    let descriptor = ck_convolution(
      images: 0, height: 0, width: 0, in: Int64(`in`), out: Int64(out), stride: 1,
      initial: Int32(CK_ZERO.rawValue))
    append(kind, code.convolutions.number(descriptor), graph.operand(node), nil, nil, result: node)
  }

  private mutating func pool(_ nodes: [Int]) {
    let x = graph.operand(nodes[0])
    // Result c is the values, if they are wanted; the index is the unit's own node.
    var instruction = Instruction(
      kind: .pool, descriptor: code.poolings.number(pooling(graph.shape(x))))
    instruction.a = offset(x)
    instruction.c = nodes.count > 1 ? offset(nodes[1]) : -1
    instruction.result = offset(nodes[0])
    if graph.operation(nodes[0]) == .poolIndexOfAffine {
      instruction.centre = offset(graph.operand(nodes[0], 1))
      instruction.scale = offset(graph.operand(nodes[0], 2))
      instruction.shift = offset(graph.operand(nodes[0], 3))
    }
    instructions.append(instruction)
  }

  private func pooling(_ s: Shape) -> ck_pooling {
    ck_pooling(
      images: Int64(s[0]), height: Int64(s[1]), width: Int64(s[2]), channels: Int64(s[3]))
  }

  private mutating func patch(_ node: Int) {
    let operands = graph.nodes[node].operands
    let b = operands.count > 1 ? operands[1] : nil
    let c = operands.count > 2 ? operands[2] : nil
    let kind: Instruction.Kind =
      switch graph.operation(node) {
      case .patchFactor: .patchFactor
      case .patchPoolGather: .patchPoolGather
      default: .patchPoolWeights
      }
    let descriptor = patchConvolution(operands[0], out: graph.shape(node).sizes.last ?? 0)
    append(kind, descriptor, operands[0], b, c, result: node)
  }

  private mutating func patchPool(_ nodes: [Int]) {
    let operands = graph.nodes[nodes[0]].operands
    var instruction = Instruction(
      kind: .patchPool, descriptor: patchConvolution(operands[0], out: graph.shape(nodes[0])[3]))
    instruction.a = offset(operands[0])
    instruction.b = offset(operands[1])
    if operands.count > 2 { instruction.scale = offset(operands[2]) }
    instruction.c = nodes.count > 1 ? offset(nodes[1]) : -1
    instruction.result = offset(nodes[0])
    instructions.append(instruction)
  }

  /// A convolution of images that are padded by 1.
  private mutating func patchConvolution(_ padded: Int, out: Int) -> Int {
    let s = graph.shape(padded)
    return code.convolutions.number(
      ck_convolution(
        images: Int64(s[0]), height: Int64(s[1] - 2), width: Int64(s[2] - 2), in: Int64(s[3]),
        out: Int64(out), stride: 1, initial: Int32(CK_ZERO.rawValue)))
  }

  private mutating func emitSimple(_ node: Int) {
    let x = graph.operand(node)
    let index = graph.nodes[node].operands.count > 1 ? graph.operand(node, 1) : nil
    let s = graph.shape(x)
    switch graph.operation(node) {
    case .quarters: append(.quarters, extents(s[0], s[1]), x, nil, nil, result: node)
    case .transpose:
      append(.transpose, extents(s[0], s[1]), x, nil, nil, result: node)
    case .pad(let top, let left, let bottom, let right):
      let padding = ck_padding(
        images: Int64(s[0]), height: Int64(s[1]), width: Int64(s[2]), channels: Int64(s[3]),
        top: Int64(top), left: Int64(left), bottom: Int64(bottom), right: Int64(right))
      append(.pad, code.paddings.number(padding), x, nil, nil, result: node)
    case .flipWeights(let stride):
      let descriptor = ck_convolution(
        images: 0, height: 0, width: 0, in: Int64(s[2]), out: Int64(s[3]),
        stride: Int64(stride), initial: 0)
      append(.flipWeights, code.convolutions.number(descriptor), x, nil, nil, result: node)
    case .transformWeights: weights(node, .transformWeights, in: s[2], out: s[3])
    case .transformWeightsAdjoint: weights(node, .transformWeightsAdjoint, in: s[1], out: s[2])
    case .poolGather:
      append(.poolGather, code.poolings.number(pooling(s)), x, index, nil, result: node)
    case .gatherRows:
      let rows = graph.shape(node)[0]
      append(.gatherRows, extents(rows, perRow(node)), x, index, nil, result: node)
    case .scatterRows:
      let count = s[0]
      append(
        .scatterRows, extents(count, graph.shape(node)[0], perRow(node)), x, index, nil,
        result: node)
    case .moments:
      let channels = s[s.rank - 1]
      append(.moments, extents(s.count / channels, channels), x, nil, nil, result: node)
    case .sum(let axes):
      let (outer, middle, inner) = s.split(around: axes)
      append(.sumMiddle, extents(outer, middle, inner), x, nil, nil, result: node)
    case .spread(let axes):
      let (outer, middle, inner) = graph.shape(node).split(around: axes)
      append(.repeatMiddle, extents(outer, middle, inner), x, nil, nil, result: node)
    case let operation:
      fatalError("no kernel for \(operation)")
    }
  }

  private func perRow(_ node: Int) -> Int {
    graph.shape(node).sizes.dropFirst().reduce(1, *)
  }

  private mutating func extents(_ first: Int, _ second: Int, _ third: Int = 0) -> Int {
    code.extents.number(Extents(first: first, second: second, third: third))
  }

  /// Copies the pieces that could not be made in place.
  private mutating func assemble(_ node: Int, _ offsets: [Int]) {
    for (start, operand) in zip(offsets, graph.nodes[node].operands) {
      copy(from: offset(operand), to: offset(node) + start, graph.shape(operand).count)
    }
  }

  /// Copies what a product is added onto, where that could not be made in place.
  private mutating func copyBase(of node: Int) {
    copy(from: offset(graph.operand(node, 2)), to: offset(node), graph.shape(node).count)
  }

  private mutating func copy(from source: Int, to target: Int, _ count: Int) {
    if source == target { return }
    var instruction = Instruction(kind: .copy, descriptor: extents(count, 0))
    instruction.a = source
    instruction.result = target
    instructions.append(instruction)
  }

  private mutating func append(
    _ kind: Instruction.Kind, _ descriptor: Int, _ a: Int, _ b: Int?, _ c: Int?, result: Int,
    column: Int = 0
  ) {
    var instruction = Instruction(kind: kind, descriptor: descriptor)
    instruction.a = offset(a)
    instruction.b = b.map { offset($0) + column } ?? 0
    instruction.c = c.map { offset($0) + column } ?? 0
    instruction.result = offset(result) + column
    instructions.append(instruction)
  }
}
