import CKernels

/// The sum along axes, which are left out.
package struct Sum: LinearOperation {
  package let axes: Range<Int>
  package var isSum: Bool { true }

  package func applied(to operands: [Int], like node: Int, in graph: Graph) -> Int {
    graph.sum(operands[0], axes)
  }

  package func adjoint(of node: Int, _ d: Int, in graph: Graph) -> Int {
    graph.spread(d, axes, to: graph.shape(graph.operand(node)))
  }

  package func values(_ operands: [Values], _ shape: Shape) -> [Double] {
    let (outer, middle, inner) = operands[0].shape.split(around: axes)
    var result = [Double](repeating: 0, count: outer * inner)
    for o in 0..<outer {
      for m in 0..<middle {
        for i in 0..<inner { result[o * inner + i] += operands[0][(o * middle + m) * inner + i] }
      }
    }
    return result
  }

  package func lowered(_ node: Int, in lowering: Lowering) -> Int {
    if let sum = lowering.sumOfPatches(node) ?? lowering.moment(node, axes) { return sum }
    let (source, x) = (lowering.source, lowering.source.operand(node))
    if source.isBinary(x, .add), source.nodes[x].operands.allSatisfy(source.isProductOfElements) {
      // Each is summed where its factors are at hand, and neither stored.
      return lowering.target.add(
        lowering.target.sum(lowering.image(of: source.operand(x)), axes),
        lowering.target.sum(lowering.image(of: source.operand(x, 1)), axes))
    }
    return lowering.asItIs(node)
  }
}

extension Sum: LoopStep {
  func form(_ shape: Shape, _ operands: [Shape]) -> LoopForm? {
    if operands[0].isSplit(inTheMiddle: axes) { return nil }
    let (outer, middle, inner) = operands[0].split(around: axes)
    var form = LoopForm(CK_SUM_ALL, operands[0])
    form.result = outer == 1 ? (inner == 1 ? .scalar : .row) : .column
    form.resultColumns = outer == 1 ? (inner == 1 ? nil : inner) : middle
    form.kind =
      form.result == .row ? CK_SUM_ROWS : form.result == .column ? CK_SUM_COLUMNS : CK_SUM_ALL
    return form
  }
}

/// Along a middle axis a kernel of its own adds up.
extension Sum: Kernel {
  func emit(_ node: Int, into emission: inout Emission) {
    let (outer, middle, inner) = emission.shape(node, operand: 0).split(around: axes)
    emission.call(
      \.sum_middle,
      ck_middle_axis(
        outer: Int64(outer), middle: Int64(middle), inner: Int64(inner),
        source: emission.place(node, operand: 0), target: emission.place(node)))
  }
}

/// Sums move inside products with repeated factors, and know that a centred tensor sums to zero: which is why a bias
/// before batch normalisation costs nothing.
extension Graph {
  func sum(_ x: Int, _ axes: Range<Int>) -> Int {
    let result = shape(x).removing(axes)
    let count = shape(x).split(around: axes).middle
    if axes.isEmpty { return x }
    if count == 1 { return reshape(x, result) }
    if let simpler = simplerSum(x, axes, count) { return simpler }
    return append(Sum(axes: axes), [x], result)
  }

  /// The mean over all axes but the last.
  func mean(ofChannels x: Int) -> Int {
    let leading = shape(x).leadingAxes
    return scale(sum(x, leading), 1 / Double(shape(x).split(around: leading).middle))
  }

  /// Whether a node is a product element by element, which a sum takes in.
  fileprivate func isProductOfElements(_ node: Int) -> Bool {
    isBinary(node, .multiply) || isUnary(node, .square)
  }

  /// A sum that costs less than adding up the elements of `x`, if there is one. Found once: values that add up share
  /// their parts.
  private func simplerSum(_ x: Int, _ axes: Range<Int>, _ count: Int) -> Int? {
    let key = SumKey(node: x, axes: axes)
    if let known = simplerSums[key] { return known }
    let simpler = findSimplerSum(x, axes, count)
    simplerSums[key] = .some(simpler)
    return simpler
  }

  private func findSimplerSum(_ x: Int, _ axes: Range<Int>, _ count: Int) -> Int? {
    if let value = constantValue(x) { return fill(value * Double(count), shape(x).removing(axes)) }
    switch operation(x) {
    case let scaled as Scale:
      return scale(sum(operand(x), axes), scaled.factor)
    case let repeated as Spread where repeated.axes == axes:
      return scale(operand(x), Double(count))
    case is Centre where axes == shape(x).leadingAxes:
      return fill(0, shape(x).removing(axes))
    case is PoolScatter where axes.lowerBound == 0 && axes.upperBound >= 3:
      return sum(operand(x), axes)
    case let binary as Binary where binary.function == .multiply:
      for (factor, other) in [(operand(x), operand(x, 1)), (operand(x, 1), operand(x))]
      where isSpread(factor, axes) {
        return multiply(sum(other, axes), operand(factor))
      }
      return nil
    case let binary as Binary where binary.function == .add:
      return simplerSum(ofParts: x, axes, add)
    case let binary as Binary where binary.function == .subtract:
      return simplerSum(ofParts: x, axes, subtract)
    default:
      return nil
    }
  }

  /// The sum of the parts, where one of them costs nothing.
  private func simplerSum(
    ofParts x: Int, _ axes: Range<Int>, _ combine: (Int, Int) -> Int
  ) -> Int? {
    let count = shape(x).split(around: axes).middle
    let (a, b) = (operand(x), operand(x, 1))
    if let sumA = simplerSum(a, axes, count) { return combine(sumA, sum(b, axes)) }
    if let sumB = simplerSum(b, axes, count) { return combine(sum(a, axes), sumB) }
    return nil
  }
}
