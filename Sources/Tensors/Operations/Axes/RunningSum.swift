import CKernels

/// The sums along an axis of all elements up to each: from the end where reversed, without its own where exclusive.
package struct RunningSum: LinearOperation {
  package let axis: Int
  package let isReversed: Bool
  package let isExclusive: Bool
  package var isSum: Bool { true }

  package func applied(to operands: [Int], like node: Int, in graph: Graph) -> Int {
    graph.runningSum(operands[0], self)
  }

  package func adjoint(of node: Int, _ d: Int, in graph: Graph) -> Int {
    graph.runningSum(d, RunningSum(axis: axis, isReversed: !isReversed, isExclusive: isExclusive))
  }

  package func values(_ operands: [Values], _ shape: Shape) -> [Double] {
    let (outer, middle, inner) = shape.split(around: axis..<axis + 1)
    var result = operands[0].numbers
    for o in 0..<outer {
      for i in 0..<inner {
        var sum = 0.0
        for m in 0..<middle {
          let place = (o * middle + (isReversed ? middle - 1 - m : m)) * inner + i
          let before = sum
          sum += operands[0][place]
          result[place] = isExclusive ? before : sum
        }
      }
    }
    return result
  }
}

extension RunningSum: Kernel {
  func emit(_ node: Int, into emission: inout Emission) {
    emission.call(
      \.cumulate,
      ck_running_sum(
        axis: emission.middleAxis(node, axis..<axis + 1, target: emission.place(node)),
        reversed: isReversed ? 1 : 0, exclusive: isExclusive ? 1 : 0))
  }
}

extension ck_running_sum: Descriptor {}

extension Emission {
  /// Some neighbouring axes of a node's first operand as the middle one.
  func middleAxis(_ node: Int, _ axes: Range<Int>, target: Int64) -> ck_middle_axis {
    let (outer, middle, inner) = shape(node, operand: 0).split(around: axes)
    return ck_middle_axis(
      outer: Int64(outer), middle: Int64(middle), inner: Int64(inner),
      source: place(node, operand: 0),
      target: target)
  }
}

extension Graph {
  func runningSum(_ x: Int, _ operation: RunningSum) -> Int {
    isZero(x) ? x : append(operation, [x], shape(x))
  }
}
