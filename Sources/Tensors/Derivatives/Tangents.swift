/// Forward differentiation, graph to graph.
extension Graph {
  /// The tangents of `roots`, given tangents of some nodes; `nil` means zero, and costs nothing.
  package func tangents(of roots: [Tensor], along seeds: [(Tensor, Tensor)]) -> [Tensor?] {
    let needed = needed(by: roots.map(\.node))
    let depends = depending(on: seeds.map(\.0.node))
    var tangents = [Int?](repeating: nil, count: nodes.count)
    for (node, tangent) in seeds { tangents[node.node] = tangent.node }
    for node in needed.indices where needed[node] && depends[node] && tangents[node] == nil {
      tangents[node] = differentiating(node) { tangent(of: node, tangents) }
    }
    return roots.map { tangents[$0.node].map { Tensor(graph: self, node: $0) } }
  }

  private func tangent(of node: Int, _ tangents: [Int?]) -> Int? {
    let operands = nodes[node].operands
    let t = operands.map { tangents[$0] }
    if t.allSatisfy({ $0 == nil }) { return nil }
    switch operation(node) {
    case .unary(let function):
      return t[0].flatMap { slope(function, x: operands[0], y: node, times: $0) }
    case .binary(let function):
      return tangent(of: function, node, operands, t)
    case .scale(let factor): return t[0].map { scale($0, factor) }
    case .offset: return t[0]
    case .sum(let axes): return t[0].map { sum($0, axes) }
    case .spread(let axes): return t[0].map { spread($0, axes, to: shape(node)) }
    case .reshape: return t[0].map { reshape($0, shape(node)) }
    case .transpose: return t[0].map(transpose)
    case .centre: return t[0].map(centre)
    case .slice(let offset): return t[0].map { slice($0, offset: offset, shape(node)) }
    case .assemble(let offsets):
      let pieces = zip(offsets, t).compactMap { offset, piece in piece.map { (offset, $0) } }
      return assemble(pieces, count: shape(node).count)
    case .softmax: return t[0].map { softmaxSlope(node, times: $0) }
    case .logSumExp: return t[0].map { sum(multiply(softmax(operands[0]), $0), 1..<2) }
    case .gatherRows: return t[0].map { gatherRows($0, operands[1]) }
    case .scatterRows: return t[0].map { scatterRows($0, operands[1], rows: shape(node)[0]) }
    case .poolGather: return t[0].map { poolGather($0, operands[1]) }
    case .poolScatter: return t[0].map { poolScatter($0, operands[1], to: shape(node)) }
    case .product, .convolution, .convolutionInput, .convolutionWeights:
      return sum(
        of: t[0].map { bilinear(node, $0, operands[1]) },
        t[1].map { bilinear(node, operands[0], $0) })
    case .input, .constant, .oneHot, .poolIndex: return nil
    case .rowMaximum, .kernelProduct, .quarters, .moments, .convolutionOnto,
      .convolutionInputOnto,
      .convolutionWeightsOnto, .poolIndexOfAffine, .patchFactor, .patchPoolIndex,
      .patchPoolGather, .patchPoolWeights, .pad, .flipWeights, .transformWeights,
      .transformWeightsAdjoint,
      .transformedConvolution, .transformedConvolutionOnto,
      .transformedGradient, .transformedGradientOnto:
      fatalError("planner operations are never differentiated")
    }
  }

  private func tangent(
    of function: BinaryFunction, _ node: Int, _ operands: [Int], _ t: [Int?]
  ) -> Int? {
    let (a, b) = (operands[0], operands[1])
    switch function {
    case .add: return sum(of: t[0], t[1])
    case .subtract: return sum(of: t[0], t[1].map { scale($0, -1) })
    case .multiply: return sum(of: t[0].map { multiply($0, b) }, t[1].map { multiply(a, $0) })
    case .divide:
      let change = sum(of: t[0], t[1].map { scale(multiply(node, $0), -1) })
      return change.map { divide($0, b) }
    case .mask: return t[0].map { mask($0, by: b) }
    case .weigh: return sum(of: t[0].map { weigh($0, b) }, t[1].map { weigh(a, $0) })
    }
  }

  /// The operation of a node that is linear in both operands, on other operands.
  private func bilinear(_ node: Int, _ a: Int, _ b: Int) -> Int {
    switch operation(node) {
    case .product(let transposeA, let transposeB):
      return product(a, b, transposeA: transposeA, transposeB: transposeB)
    case .convolution(let stride):
      return convolution(a, b, stride: stride)
    case .convolutionInput(let stride):
      return convolutionInput(
        a, b, stride: stride, height: shape(node)[1], width: shape(node)[2])
    case .convolutionWeights(let stride):
      return convolutionWeights(a, b, stride: stride)
    default: fatalError("not bilinear: \(operation(node))")
    }
  }

  /// A sum in which `nil` is zero.
  func sum(of a: Int?, _ b: Int?) -> Int? {
    guard let a else { return b }
    guard let b else { return a }
    return add(a, b)
  }
}
