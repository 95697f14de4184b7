import CKernels

/// Which of the four values of a 2x2 window, stride 2, is largest: the first of equals, not-a-number first of all.
package struct PoolIndex: ConstantOperation {
  package func values(_ operands: [Values], _ shape: Shape) -> [Double] {
    Window.all(shape, of: operands[0].shape).map { window in
      let values = window.map { operands[0][$0] }
      var best = 0
      for place in 1..<4 where !values[best].isNaN {
        if values[place] > values[best] || values[place].isNaN { best = place }
      }
      return Double(best)
    }
  }

  package func lowered(_ node: Int, in lowering: Lowering) -> Int {
    lowering.poolIndexOfPatches(node) ?? lowering.poolIndexOfAffine(node) ?? lowering.asItIs(node)
  }
}

extension PoolIndex: Kernel {
  func emit(_ node: Int, into emission: inout Emission) {
    emission.call(\.pool, emission.pooling(node, values: emission.companion))
  }
}

/// The values that an index of windows chooses.
package struct PoolGather: LinearOperation {
  package func applied(to operands: [Int], like node: Int, in graph: Graph) -> Int {
    graph.poolGather(operands[0], operands[1])
  }

  package func adjoint(of node: Int, _ d: Int, in graph: Graph) -> Int {
    graph.poolScatter(d, graph.operand(node, 1), to: graph.shape(graph.operand(node)))
  }

  package func values(_ operands: [Values], _ shape: Shape) -> [Double] {
    Window.all(shape, of: operands[0].shape).enumerated().map { at, window in
      operands[0][window[Int(operands[1][at])]]
    }
  }

  package func lowered(_ node: Int, in lowering: Lowering) -> Int {
    lowering.poolGatherOfPatches(node) ?? lowering.asItIs(node)
  }
}

extension PoolGather: Kernel {
  var leader: Leader? { Leader(operand: 1, shared: 0..<1) }

  func emit(_ node: Int, into emission: inout Emission) {
    var descriptor = ck_pooling(emission.shape(node, operand: 0))
    descriptor.x = emission.place(node, operand: 0)
    descriptor.index = emission.place(node, operand: 1)
    descriptor.y = emission.place(node)
    emission.call(\.pool_gather, descriptor)
  }
}

/// What windows receive, where the index says, 0 elsewhere: the adjoint of gathering.
package struct PoolScatter: LinearOperation {
  package func applied(to operands: [Int], like node: Int, in graph: Graph) -> Int {
    graph.poolScatter(operands[0], operands[1], to: graph.shape(node))
  }

  package func adjoint(of node: Int, _ d: Int, in graph: Graph) -> Int {
    graph.poolGather(d, graph.operand(node, 1))
  }

  package func values(_ operands: [Values], _ shape: Shape) -> [Double] {
    var result = [Double](repeating: 0, count: shape.count)
    for (at, window) in Window.all(operands[0].shape, of: shape).enumerated() {
      result[window[Int(operands[1][at])]] += operands[0][at]
    }
    return result
  }
}

extension PoolScatter: LoopStep {
  func form(_ shape: Shape, _ operands: [Shape]) -> LoopForm? {
    var form = LoopForm(CK_UNPOOL, shape, isLight: true)
    form.reads = [(.pooled, shape[3]), (.pooled, shape[3])]
    form.resultColumns = shape[3]
    form.images = (shape[1], shape[2])
    return form
  }
}

/// `PoolIndex` of (x - centre) scale + shift, with one value a channel of each but x.
struct PoolIndexOfAffine: Kernel {
  func emit(_ node: Int, into emission: inout Emission) {
    var descriptor = emission.pooling(node, values: emission.companion)
    descriptor.centre = emission.place(node, operand: 1)
    descriptor.scale = emission.place(node, operand: 2)
    descriptor.shift = emission.place(node, operand: 3)
    emission.call(\.pool, descriptor)
  }
}

extension Lowering {
  /// The index of a batch norm's largest values, from what is normalised; `nil` where it is of no such thing.
  fileprivate func poolIndexOfAffine(_ node: Int) -> Int? {
    let y = image(of: source.operand(node))
    guard optimisations.contains(.pooling), let (scaled, shift) = factorAndRow(y, .add),
      let (centred, factor) = factorAndRow(scaled, .multiply),
      target.isBinary(centred, .subtract), let mean = row(target.operand(centred, 1))
    else { return nil }
    return target.append(
      PoolIndexOfAffine(), [target.operand(centred), mean, factor, shift], source.shape(node))
  }

  /// The operands of a sum or product with one value a channel.
  private func factorAndRow(_ node: Int, _ function: BinaryFunction) -> (Int, Int)? {
    guard target.isBinary(node, function) else { return nil }
    let (a, b) = (target.operand(node), target.operand(node, 1))
    return row(b).map { (a, $0) } ?? row(a).map { (b, $0) }
  }

  /// The one value a channel that a node repeats.
  private func row(_ node: Int) -> Int? {
    target.isSpread(node, target.shape(node).leadingAxes) ? target.operand(node) : nil
  }
}

extension Emission {
  /// The index of the largest, and perhaps those values.
  fileprivate func pooling(_ node: Int, values: Int?) -> ck_pooling {
    var descriptor = ck_pooling(shape(node, operand: 0))
    descriptor.x = place(node, operand: 0)
    descriptor.index = place(node)
    if let values { descriptor.y = place(values) }
    return descriptor
  }
}

extension ck_pooling {
  fileprivate init(_ s: Shape) {
    self.init(
      images: Int64(s[0]), height: Int64(s[1]), width: Int64(s[2]), channels: Int64(s[3]), x: 0,
      centre: .nowhere, scale: .nowhere, shift: .nowhere, y: .nowhere, index: .nowhere)
  }
}

extension Graph {
  func poolIndex(_ x: Int) -> Int {
    let s = shape(x)
    return append(PoolIndex(), [x], [s[0], s[1] / 2, s[2] / 2, s[3]])
  }

  /// Values chosen from affine functions are affine functions of chosen values: of fewer.
  func poolGather(_ x: Int, _ index: Int) -> Int {
    let gather = GatherKey(node: x, index: index)
    if let known = gathers[gather] { return known }
    let values = gathered(x, index) ?? append(PoolGather(), [x, index], shape(index))
    gathers[gather] = values
    return values
  }

  private func gathered(_ x: Int, _ index: Int) -> Int? {
    let target = shape(index)
    let leading = target.leadingAxes
    if let value = constantValue(x) { return fill(value, target) }
    switch operation(x) {
    case let repeated as Spread where repeated.axes == leading:
      return spread(operand(x), leading, to: target)
    case let scaled as Scale: return scale(poolGather(operand(x), index), scaled.factor)
    case let shifted as Offset: return offset(poolGather(operand(x), index), shifted.amount)
    case is Centre:
      let mean = spread(mean(ofChannels: operand(x)), leading, to: target)
      return subtract(poolGather(operand(x), index), mean)
    case let binary as Binary: return gathered(x, index, binary.function)
    default: return nil
    }
  }

  private func gathered(_ x: Int, _ index: Int, _ function: BinaryFunction) -> Int? {
    let combine: (Int, Int) -> Int
    switch function {
    case .add where !isSumOfConvolutions(x): combine = add
    case .subtract: combine = subtract
    case .multiply: combine = multiply
    default: return nil
    }
    return combine(poolGather(operand(x), index), poolGather(operand(x, 1), index))
  }

  /// One is made onto the other, and the sum is all that there is.
  private func isSumOfConvolutions(_ x: Int) -> Bool {
    nodes[x].operands.allSatisfy { operation($0) is Convolution }
  }

  func poolScatter(_ dy: Int, _ index: Int, to target: Shape) -> Int {
    if isZero(dy) { return fill(0, target) }
    return append(PoolScatter(), [dy, index], target)
  }
}

/// Where the four values of windows are.
private enum Window {
  static func all(_ pooled: Shape, of images: Shape) -> [[Int]] {
    (0..<pooled.count).map { at in
      let c = at % pooled[3]
      let j = at / pooled[3] % pooled[2]
      let i = at / (pooled[3] * pooled[2]) % pooled[1]
      let n = at / (pooled[3] * pooled[2] * pooled[1])
      return [(0, 0), (0, 1), (1, 0), (1, 1)].map { di, dj in
        ((n * images[1] + 2 * i + di) * images[2] + 2 * j + dj) * images[3] + c
      }
    }
  }
}
