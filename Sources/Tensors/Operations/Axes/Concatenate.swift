import CKernels

/// Tensors one after another along an axis.
package struct Concatenate: TracedOperation {
  package let axis: Int

  package func cotangent(of node: Int, _ index: Int, _ d: Int, in graph: Graph) -> Int? {
    let before = graph.nodes[node].operands[..<index].reduce(0) { $0 + graph.shape($1)[axis] }
    let size = graph.shape(graph.operand(node, index))[axis]
    return graph.piece(d, axis, before..<before + size)
  }

  package func tangent(of node: Int, _ tangents: [Int?], in graph: Graph) -> Int? {
    let operands = graph.nodes[node].operands
    return graph.concatenate(
      zip(operands, tangents).map { $1 ?? graph.fill(0, graph.shape($0)) }, axis)
  }

  package func values(_ operands: [Values], _ shape: Shape) -> [Double] {
    let outer = shape.sizes[..<axis].reduce(1, *)
    return (0..<outer).flatMap { o in
      operands.flatMap { operand in
        let row = operand.shape.count / max(outer, 1)
        return operand.numbers[o * row..<(o + 1) * row]
      }
    }
  }
}

extension Concatenate: Kernel {
  func emit(_ node: Int, into emission: inout Emission) {
    let shape = emission.shape(node)
    let (outer, middle, inner) = shape.split(around: axis..<axis + 1)
    var start = 0
    for index in 0..<emission.operandCount(node) {
      let row = emission.shape(node, operand: index)[axis] * inner
      if row > 0 {
        emission.rearrange(
          [(outer, row, middle * inner), (row, 1, 1)], to: start,
          source: emission.place(node, operand: index), target: emission.place(node))
      }
      start += row
    }
  }
}

extension Graph {
  func concatenate(_ operands: [Int], _ axis: Int) -> Int {
    if operands.count == 1 { return operands[0] }
    var sizes = shape(operands[0]).sizes
    sizes[axis] = operands.reduce(0) { $0 + shape($1)[axis] }
    let target = Shape(sizes)
    if operands.allSatisfy(isZero) { return fill(0, target) }
    // Whole pieces of memory are made where they belong.
    if target.sizes[..<axis].allSatisfy({ $0 == 1 }) {
      var pieces: [(offset: Int, node: Int)] = []
      var start = 0
      for operand in operands {
        if shape(operand).count > 0 { pieces.append((start, operand)) }
        start += shape(operand).count
      }
      return reshape(assemble(pieces, count: target.count), target)
    }
    return append(Concatenate(axis: axis), operands, target)
  }

  /// A range along an axis.
  func piece(_ x: Int, _ axis: Int, _ range: Range<Int>, by step: Int = 1) -> Int {
    let strides = shape(x).strides
    var (sizes, steps) = (shape(x).sizes, strides)
    sizes[axis] = (range.count + step - 1) / step
    steps[axis] *= step
    return select(x, range.lowerBound * strides[axis], steps, to: Shape(sizes))
  }
}
