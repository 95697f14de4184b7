import CKernels

/// A function of two elements: its name, its number among the steps of loops (`step_list.h`), its value and its
/// derivatives.
package final class BinaryFunction: Hashable, Sendable {
  package let name: String
  /// A `ck_step_kind`.
  let step: UInt32
  let isLight: Bool
  /// Its value, in double precision.
  package let value: @Sendable (Double, Double) -> Double
  /// `d` times the derivative of y = f(a, b) by operand `index`; `nil` where that is zero.
  let slope:
    @Sendable (_ graph: Graph, _ y: Int, _ a: Int, _ b: Int, _ index: Int, _ d: Int) -> Int?

  init(
    _ name: String, _ step: ck_step_kind, isLight: Bool = true,
    value: @escaping @Sendable (Double, Double) -> Double,
    slope: @escaping @Sendable (Graph, _ y: Int, _ a: Int, _ b: Int, _ index: Int, _ d: Int) -> Int?
  ) {
    (self.name, self.step, self.isLight) = (name, step.rawValue, isLight)
    (self.value, self.slope) = (value, slope)
  }

  package static func == (a: BinaryFunction, b: BinaryFunction) -> Bool { a.step == b.step }
  package func hash(into hasher: inout Hasher) { hasher.combine(step) }
}

extension BinaryFunction {
  package static let add = BinaryFunction("+", CK_ADD, value: { $0 + $1 }) {
    _, _, _, _, _, d in d
  }

  package static let subtract = BinaryFunction("-", CK_SUBTRACT, value: { $0 - $1 }) {
    graph, _, _, _, index, d in
    index == 0 ? d : graph.scale(d, -1)
  }

  package static let multiply = BinaryFunction("*", CK_MULTIPLY, value: { $0 * $1 }) {
    graph, _, a, b, index, d in
    graph.multiply(d, index == 0 ? b : a)
  }

  package static let divide = BinaryFunction("/", CK_DIVIDE, isLight: false, value: { $0 / $1 }) {
    graph, y, _, b, index, d in
    index == 0 ? graph.divide(d, b) : graph.scale(graph.multiply(graph.divide(d, b), y), -1)
  }

  /// The first where the second is positive, else 0; the second is a constant to a derivative.
  package static let mask = BinaryFunction("mask", CK_MASK, value: { $1 > 0 ? $0 : 0 }) {
    graph, _, _, b, index, d in
    index == 0 ? graph.mask(d, by: b) : nil
  }

  /// The product; 0 where the first is 0, whatever the second is: what has no weight does not count.
  package static let weigh = BinaryFunction("weigh", CK_WEIGH, value: { $0 == 0 ? 0 : $0 * $1 }) {
    graph, _, a, b, index, d in
    index == 0 ? graph.weigh(d, b) : graph.weigh(a, d)
  }
}

/// A function of the elements of two tensors of one shape.
package struct Binary: TracedOperation {
  package var isOfElements: Bool { true }
  package let function: BinaryFunction

  package func cotangent(of node: Int, _ index: Int, _ d: Int, in graph: Graph) -> Int? {
    function.slope(graph, node, graph.operand(node), graph.operand(node, 1), index, d)
  }

  package func tangent(of node: Int, _ tangents: [Int?], in graph: Graph) -> Int? {
    let (a, b) = (graph.operand(node), graph.operand(node, 1))
    if function == .divide {
      // One division for both.
      let change = graph.sum(
        of: tangents[0], tangents[1].map { graph.scale(graph.multiply(node, $0), -1) })
      return change.map { graph.divide($0, b) }
    }
    return graph.sum(
      of: tangents[0].flatMap { function.slope(graph, node, a, b, 0, $0) },
      tangents[1].flatMap { function.slope(graph, node, a, b, 1, $0) })
  }

  package func values(_ operands: [Values], _ shape: Shape) -> [Double] {
    zip(operands[0].numbers, operands[1].numbers).map(function.value)
  }

  package func lowered(_ node: Int, in lowering: Lowering) -> Int {
    (function == .add ? lowering.onto(node) : nil) ?? lowering.asItIs(node)
  }
}

extension Binary: LoopStep {
  func form(_ shape: Shape, _ operands: [Shape]) -> LoopForm? {
    LoopForm(ck_step_kind(function.step), shape, isLight: function.isLight)
  }
}

extension Graph {
  func isBinary(_ node: Int, _ function: BinaryFunction) -> Bool {
    (operation(node) as? Binary)?.function == function
  }
}
