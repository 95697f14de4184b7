/// Computes a traced graph node by node, as it was written, with plain loops: slow, and independent of the planner. What a
/// node gives is rounded to a precision; within a node everything is in double precision.
package struct Evaluator {
  private let graph: Graph
  private let precision: Precision
  private var values: [[Double]?]

  /// Computes what some nodes need.
  ///
  /// - Parameters:
  ///   - graph: The trace.
  ///   - roots: The nodes wanted: they keep their values, others only as long as something needs them.
  ///   - precision: What each node's values are rounded to.
  ///   - inputs: The values of an input, by its number.
  ///   - observe: Called with each node, its values and its operands' values.
  /// - Throws: ``TensorError`` of code `memory` where the values of a node are more than the system holds.
  package init(
    _ graph: Graph, _ roots: [Tensor], _ precision: Precision, inputs: (Int) -> [Double],
    observe: (_ node: Int, _ values: [Double], _ operands: [[Double]]) -> Void = { _, _, _ in }
  ) throws(TensorError) {
    (self.graph, self.precision) = (graph, precision)
    values = [[Double]?](repeating: nil, count: graph.nodes.count)
    let needed = graph.needed(by: roots.map(\.node))
    var uses = [Int](repeating: 0, count: graph.nodes.count)
    for root in roots { uses[root.node] += 1 }
    for node in needed.indices where needed[node] {
      for operand in graph.nodes[node].operands { uses[operand] += 1 }
    }
    for node in needed.indices where needed[node] {
      let operands = graph.nodes[node].operands
      let given = operands.map { values[$0] ?? [] }
      try requireMemory(ofNumbers: graph.shape(node).count, for: "a node of the evaluation")
      let made = rounded(value(of: node, given, inputs))
      observe(node, made, given)
      values[node] = made
      for operand in operands {
        uses[operand] -= 1
        if uses[operand] == 0 { values[operand] = nil }
      }
    }
  }

  /// The values of a root.
  package func callAsFunction(_ root: Tensor) -> [Double] { values[root.node] ?? [] }

  private func rounded(_ values: [Double]) -> [Double] {
    precision == .double ? values : values.map { Double(Float($0)) }
  }

  private func value(
    of node: Int, _ operands: [[Double]], _ inputs: (Int) -> [Double]
  ) -> [Double] {
    let shape = graph.shape(node)
    let shapes = graph.nodes[node].operands.map(graph.shape)
    let x = operands.first ?? []
    let y = operands.count > 1 ? operands[1] : []
    switch graph.operation(node) {
    case .input(let number): return inputs(number)
    case .constant(let value): return [value]
    case .unary(let function): return x.map(function.callAsFunction)
    case .binary(let function): return zip(x, y).map(function.callAsFunction)
    case .scale(let factor): return x.map { factor * $0 }
    case .offset(let amount): return x.map { $0 + amount }
    case .sum(let axes): return Rearrangement.sum(x, shapes[0].split(around: axes))
    case .spread(let axes): return Rearrangement.spread(x, shape.split(around: axes))
    case .reshape: return x
    case .transpose: return Rearrangement.transpose(x, rows: shapes[0][0], columns: shapes[0][1])
    case .centre: return Rearrangement.centre(x, channels: shape[shape.rank - 1])
    case .slice(let offset): return Array(x[offset..<offset + shape.count])
    case .assemble(let offsets):
      return Rearrangement.assemble(zip(offsets, operands), count: shape.count)
    case .product(let transposeA, let transposeB):
      let a = transposeA ? Rearrangement.transpose(x, rows: shapes[0][0], columns: shapes[0][1]) : x
      let b = transposeB ? Rearrangement.transpose(y, rows: shapes[1][0], columns: shapes[1][1]) : y
      return Rearrangement.product(a, b, rows: shape[0], columns: shape[1])
    case .softmax: return ClassValues.softmax(x, classes: shape[1])
    case .logSumExp: return ClassValues.logSumExp(x, classes: shapes[0][1])
    case .oneHot: return ClassValues.oneHot(x, classes: shape[1])
    case .gatherRows:
      return Rearrangement.gather(x, y, width: shape.split(around: 0..<1).inner)
    case .scatterRows:
      return Rearrangement.scatter(x, y, width: shape.split(around: 0..<1).inner, shape.count)
    case .convolution(let stride):
      return ImageValues(images: shapes[0], outputs: shape, stride).forward(x, y)
    case .convolutionInput(let stride):
      return ImageValues(images: shape, outputs: shapes[0], stride).input(x, y)
    case .convolutionWeights(let stride):
      return ImageValues(images: shapes[0], outputs: shapes[1], stride).weights(x, y)
    case .poolIndex: return Pooling(images: shapes[0], pooled: shape).index(x)
    case .poolGather: return Pooling(images: shapes[0], pooled: shape).gather(x, y)
    case .poolScatter: return Pooling(images: shape, pooled: shapes[0]).scatter(x, y)
    case .rowMaximum, .kernelProduct, .quarters, .moments, .convolutionOnto,
      .convolutionInputOnto, .convolutionWeightsOnto, .poolIndexOfAffine, .patchFactor,
      .patchPoolIndex, .patchPoolGather, .patchPoolWeights, .pad, .flipWeights,
      .transformWeights, .transformWeightsAdjoint, .transformedConvolution,
      .transformedConvolutionOnto, .transformedGradient, .transformedGradientOnto:
      fatalError("planner operations are not traced")
    }
  }
}
