import CKernels

/// The operand repeated along axes that are put in.
package struct Spread: LinearOperation {
  package let axes: Range<Int>

  package func applied(to operands: [Int], like node: Int, in graph: Graph) -> Int {
    graph.spread(operands[0], axes, to: graph.shape(node))
  }

  package func adjoint(of node: Int, _ d: Int, in graph: Graph) -> Int { graph.sum(d, axes) }

  package func values(_ operands: [Values], _ shape: Shape) -> [Double] {
    let (outer, middle, inner) = shape.split(around: axes)
    var result: [Double] = []
    result.reserveCapacity(shape.count)
    for o in 0..<outer {
      for _ in 0..<middle { result += operands[0].numbers[o * inner..<(o + 1) * inner] }
    }
    return result
  }
}

/// Loops read what is repeated where it is, as long as nothing else wants it written out.
extension Spread: LoopStep {
  func form(_ shape: Shape, _ operands: [Shape]) -> LoopForm? {
    if shape.isSplit(inTheMiddle: axes) { return nil }
    let (outer, middle, inner) = shape.split(around: axes)
    var form = LoopForm(CK_COPY, shape)
    if outer * inner == 1 {
      form.reads = [(.scalar, nil)]
    } else {
      form.reads = [outer == 1 ? (.row, inner) : (.column, middle)]
    }
    return form
  }
}

/// Along a middle axis a kernel of its own repeats.
extension Spread: Kernel {
  func emit(_ node: Int, into emission: inout Emission) {
    let (outer, middle, inner) = emission.shape(node).split(around: axes)
    emission.call(
      \.repeat_middle,
      ck_middle_axis(
        outer: Int64(outer), middle: Int64(middle), inner: Int64(inner),
        source: emission.place(node, operand: 0), target: emission.place(node)))
  }
}

extension Graph {
  func spread(_ x: Int, _ axes: Range<Int>, to target: Shape) -> Int {
    if axes.isEmpty { return x }
    if target.split(around: axes).middle == 1 { return reshape(x, target) }
    if shape(x).rank == 0, axes.count == target.rank { return spreadScalar(x, to: target) }
    if let value = constantValue(x) { return fill(value, target) }
    if let inner = operation(x) as? Spread, inner.axes.count == shape(x).rank {
      return spreadScalar(operand(x), to: target)
    }
    return append(Spread(axes: axes), [x], target)
  }

  private func spreadScalar(_ x: Int, to target: Shape) -> Int {
    append(Spread(axes: 0..<target.rank), [x], target)
  }

  /// Whether a node repeats its operand along exactly some axes.
  func isSpread(_ node: Int, _ axes: Range<Int>) -> Bool {
    (operation(node) as? Spread)?.axes == axes
  }
}
