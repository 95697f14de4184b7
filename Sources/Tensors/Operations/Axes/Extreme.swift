import CKernels

/// The largest (or least) element along neighbouring axes, which are left out; not a number where one is none. Equal ones
/// share the derivative evenly.
package struct Extreme: TracedOperation {
  package let axes: Range<Int>
  package let isLeast: Bool

  package func cotangent(of node: Int, _ index: Int, _ d: Int, in graph: Graph) -> Int? {
    let shares = shares(node, in: graph)
    return graph.multiply(graph.spread(d, axes, to: graph.shape(shares)), shares)
  }

  package func tangent(of node: Int, _ tangents: [Int?], in graph: Graph) -> Int? {
    tangents[0].map { graph.sum(graph.multiply($0, shares(node, in: graph)), axes) }
  }

  /// What of the derivative belongs to each element.
  private func shares(_ node: Int, in graph: Graph) -> Int {
    let x = graph.operand(node)
    let equal = graph.binary(.equal, x, graph.spread(node, axes, to: graph.shape(x)))
    return graph.divide(equal, graph.spread(graph.sum(equal, axes), axes, to: graph.shape(x)))
  }

  package func values(_ operands: [Values], _ shape: Shape) -> [Double] {
    operands[0].extremes(axes, isLeast: isLeast).map(\.value)
  }
}

/// The number, along neighbouring axes taken as one, of the largest (or least) element: the first of equals, that of
/// what is not a number before all.
package struct ExtremePlace: ConstantOperation {
  package let axes: Range<Int>
  package let isLeast: Bool

  package func values(_ operands: [Values], _ shape: Shape) -> [Double] {
    operands[0].extremes(axes, isLeast: isLeast).map { Double($0.place) }
  }
}

extension Values {
  fileprivate func extremes(_ axes: Range<Int>, isLeast: Bool) -> [(value: Double, place: Int)] {
    let (outer, middle, inner) = shape.split(around: axes)
    return (0..<outer * inner).map { index in
      let start = index / inner * middle * inner + index % inner
      var best = (value: self[start], place: 0)
      for m in 1..<max(middle, 1) where !best.value.isNaN {
        let value = self[start + m * inner]
        if value.isNaN || (isLeast ? value < best.value : value > best.value) { best = (value, m) }
      }
      return best
    }
  }
}

extension Extreme: Kernel {
  func emit(_ node: Int, into emission: inout Emission) {
    emission.call(
      \.extremes,
      ck_extremes(
        axis: emission.middleAxis(node, axes, target: emission.place(node)), least: isLeast ? 1 : 0,
        index: .nowhere))
  }
}

extension ExtremePlace: Kernel {
  func emit(_ node: Int, into emission: inout Emission) {
    emission.call(
      \.extremes,
      ck_extremes(
        axis: emission.middleAxis(node, axes, target: .nowhere), least: isLeast ? 1 : 0,
        index: emission.place(node)))
  }
}

extension ck_extremes: Descriptor {}

extension Graph {
  func extreme(_ x: Int, _ axes: Range<Int>, isLeast: Bool) -> Int {
    let target = shape(x).removing(axes)
    if let value = constantValue(x) { return fill(value, target) }
    if shape(x).split(around: axes).middle == 1 { return reshape(x, target) }
    return append(Extreme(axes: axes, isLeast: isLeast), [x], target)
  }

  func extremePlace(_ x: Int, _ axes: Range<Int>, isLeast: Bool) -> Int {
    append(ExtremePlace(axes: axes, isLeast: isLeast), [x], shape(x).removing(axes))
  }
}
