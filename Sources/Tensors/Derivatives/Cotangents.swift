/// Reverse differentiation, graph to graph.
extension Graph {
  /// The gradients of one number; `nil` means zero: it does not depend on that tensor.
  package func gradients(of number: Tensor, withRespectTo targets: [Tensor]) -> [Tensor?] {
    cotangents(
      of: targets, seeds: [(number, Tensor(graph: self, node: fill(1, shape(number.node))))])
  }

  /// What `targets` receive when some nodes are given cotangents: the transposed derivative
  /// applied to the seeds. `nil` means zero.
  package func cotangents(of targets: [Tensor], seeds: [(Tensor, Tensor)]) -> [Tensor?] {
    let needed = needed(by: seeds.map(\.0.node))
    let depends = depending(on: targets.map(\.node))
    let count = nodes.count
    var cotangents = [Int?](repeating: nil, count: count)
    // What a vector's pieces receive is put together once, when all have received it.
    var pieces: [Int: VectorPieces] = [:]
    for (node, cotangent) in seeds {
      cotangents[node.node] = sum(of: cotangents[node.node], cotangent.node)
    }
    for node in stride(from: count - 1, through: 0, by: -1) where needed[node] && depends[node] {
      differentiating(node) {
        if let pieces = pieces[node] {
          cotangents[node] = sum(of: cotangents[node], assemble(pieces, count: shape(node).count))
        }
        guard let d = cotangents[node] else { return }
        for (index, operand) in nodes[node].operands.enumerated() where depends[operand] {
          guard let received = cotangent(of: node, index, d) else { continue }
          if case .assemble(let offsets) = operation(received) {
            for (offset, piece) in zip(offsets, nodes[received].operands) {
              pieces[operand, default: VectorPieces()].add(piece, at: offset, in: self)
            }
          } else {
            cotangents[operand] = sum(of: cotangents[operand], received)
          }
        }
      }
    }
    return targets.map { cotangents[$0.node].map { Tensor(graph: self, node: $0) } }
  }

  /// What operand `index` of a node receives when the node receives `d`.
  private func cotangent(of node: Int, _ index: Int, _ d: Int) -> Int? {
    let operands = nodes[node].operands
    let x = operands[0]
    switch operation(node) {
    case .unary(let function): return slope(function, x: x, y: node, times: d)
    case .binary(let function): return cotangent(of: function, node, operands, index, d)
    case .scale(let factor): return scale(d, factor)
    case .offset: return d
    case .sum(let axes): return spread(d, axes, to: shape(x))
    case .spread(let axes): return sum(d, axes)
    case .reshape: return reshape(d, shape(x))
    case .transpose: return transpose(d)
    case .centre: return centre(d)
    case .slice(let offset): return assemble([(offset, d)], count: shape(x).count)
    case .assemble(let offsets):
      return slice(d, offset: offsets[index], shape(operands[index]))
    case .softmax: return softmaxSlope(node, times: d)
    case .logSumExp: return multiply(softmax(x), spread(d, 1..<2, to: shape(x)))
    case .gatherRows: return index == 0 ? scatterRows(d, operands[1], rows: shape(x)[0]) : nil
    case .scatterRows: return index == 0 ? gatherRows(d, operands[1]) : nil
    case .poolGather: return index == 0 ? poolScatter(d, operands[1], to: shape(x)) : nil
    case .poolScatter: return index == 0 ? poolGather(d, operands[1]) : nil
    case .product(let ta, let tb): return cotangent(ofProduct: operands, ta, tb, index, d)
    case .convolution(let s):
      return index == 0
        ? convolutionInput(d, operands[1], stride: s, height: shape(x)[1], width: shape(x)[2])
        : convolutionWeights(x, d, stride: s)
    case .convolutionInput(let s):
      return index == 0
        ? convolution(d, operands[1], stride: s) : convolutionWeights(d, x, stride: s)
    case .convolutionWeights(let s):
      return index == 0
        ? convolutionInput(operands[1], d, stride: s, height: shape(x)[1], width: shape(x)[2])
        : convolution(x, d, stride: s)
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

  private func cotangent(
    of function: BinaryFunction, _ node: Int, _ operands: [Int], _ index: Int, _ d: Int
  ) -> Int? {
    let (a, b) = (operands[0], operands[1])
    switch function {
    case .add: return d
    case .subtract: return index == 0 ? d : scale(d, -1)
    case .multiply: return multiply(d, index == 0 ? b : a)
    case .divide: return index == 0 ? divide(d, b) : scale(multiply(divide(d, b), node), -1)
    case .mask: return index == 0 ? mask(d, by: b) : nil
    case .weigh: return index == 0 ? weigh(d, b) : weigh(a, d)
    }
  }

  /// With Y = op(A) op(B): dA = D op(B)' and dB = op(A)' D, transposed where A or B is.
  private func cotangent(
    ofProduct operands: [Int], _ transposeA: Bool, _ transposeB: Bool, _ index: Int, _ d: Int
  ) -> Int {
    let (a, b) = (operands[0], operands[1])
    return switch (index, transposeA, transposeB) {
    case (0, false, _): product(d, b, transposeB: !transposeB)
    case (0, true, _): product(b, d, transposeA: transposeB, transposeB: true)
    case (_, _, false): product(a, d, transposeA: !transposeA)
    case (_, _, true): product(d, a, transposeA: true, transposeB: transposeA)
    }
  }
}
