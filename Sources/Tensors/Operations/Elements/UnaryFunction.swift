import CKernels
import Foundation

/// A function of one element: its name, its number among the steps of loops (`step_list.h`), its value and its derivative.
/// A new one is a declaration like those below and a row in `step_list.h`.
package final class UnaryFunction: Hashable, Sendable {
  package let name: String
  /// A `ck_step_kind`.
  let step: UInt32
  /// Whether loops may rather compute it anew than read it from memory.
  let isLight: Bool
  /// Its value, in double precision.
  package let value: @Sendable (Double) -> Double
  /// `d` times the derivative of y = f(x); `nil` where that is zero.
  let slope: @Sendable (_ graph: Graph, _ x: Int, _ y: Int, _ d: Int) -> Int?

  init(
    _ name: String, _ step: ck_step_kind, isLight: Bool = false,
    value: @escaping @Sendable (Double) -> Double,
    slope: @escaping @Sendable (_ graph: Graph, _ x: Int, _ y: Int, _ d: Int) -> Int?
  ) {
    (self.name, self.step, self.isLight) = (name, step.rawValue, isLight)
    (self.value, self.slope) = (value, slope)
  }

  package static func == (a: UnaryFunction, b: UnaryFunction) -> Bool { a.step == b.step }
  package func hash(into hasher: inout Hasher) { hasher.combine(step) }
}

extension UnaryFunction {
  package static let exp = UnaryFunction("exp", CK_EXP, value: Foundation.exp) { graph, _, y, d in
    graph.multiply(d, y)
  }

  package static let log = UnaryFunction("log", CK_LOG, value: Foundation.log) { graph, x, _, d in
    graph.quotient(d, x)
  }

  package static let tanh = UnaryFunction("tanh", CK_TANH, value: Foundation.tanh) {
    graph, _, y, d in
    graph.multiply(d, graph.offset(graph.scale(graph.unary(.square, y), -1), 1))
  }

  package static let sigmoid = UnaryFunction(
    "sigmoid", CK_SIGMOID, value: { 1 / (1 + Foundation.exp(-$0)) }
  ) { graph, _, y, d in
    graph.multiply(d, graph.multiply(y, graph.offset(graph.scale(y, -1), 1)))
  }

  package static let softplus = UnaryFunction(
    "softplus", CK_SOFTPLUS,
    value: { $0.isNaN ? $0 : max($0, 0) + Foundation.log1p(Foundation.exp(-Swift.abs($0))) }
  ) { graph, x, _, d in
    graph.multiply(d, graph.unary(.sigmoid, x))
  }

  package static let relu = UnaryFunction(
    "relu", CK_RELU, isLight: true, value: { $0 <= 0 ? 0 : $0 }
  ) { graph, _, y, d in
    graph.mask(d, by: y)
  }

  package static let square = UnaryFunction(
    "square", CK_SQUARE, isLight: true, value: { $0 * $0 }
  ) { graph, x, _, d in
    graph.scale(graph.multiply(d, x), 2)
  }

  package static let squareRoot = UnaryFunction(
    "square root", CK_SQUARE_ROOT, value: { $0.squareRoot() }
  ) { graph, _, y, d in
    graph.scale(graph.divide(d, y), 0.5)
  }

  package static let reciprocalSquareRoot = UnaryFunction(
    "reciprocal square root", CK_RECIPROCAL_SQUARE_ROOT, value: { 1 / $0.squareRoot() }
  ) { graph, _, y, d in
    graph.scale(graph.multiply(d, graph.multiply(y, graph.unary(.square, y))), -0.5)
  }

  package static let reciprocal = UnaryFunction(
    "reciprocal", CK_RECIPROCAL, value: { 1 / $0 }
  ) { graph, _, y, d in
    graph.scale(graph.multiply(d, graph.unary(.square, y)), -1)
  }

  package static let absolute = UnaryFunction(
    "absolute", CK_ABSOLUTE, value: { Swift.abs($0) }
  ) { graph, x, _, d in
    graph.multiply(d, graph.unary(.sign, x))
  }

  /// -1, 0 or 1: a constant to a derivative.
  package static let sign = UnaryFunction(
    "sign", CK_SIGN, value: { $0 > 0 ? 1 : $0 < 0 ? -1 : $0 }
  ) { _, _, _, _ in nil }
}

/// A function of every element.
package struct Unary: TracedOperation {
  package var isOfElements: Bool { true }
  package let function: UnaryFunction

  package func cotangent(of node: Int, _ index: Int, _ d: Int, in graph: Graph) -> Int? {
    function.slope(graph, graph.operand(node), node, d)
  }

  package func tangent(of node: Int, _ tangents: [Int?], in graph: Graph) -> Int? {
    tangents[0].flatMap { function.slope(graph, graph.operand(node), node, $0) }
  }

  package func values(_ operands: [Values], _ shape: Shape) -> [Double] {
    operands[0].numbers.map(function.value)
  }

  package func lowered(_ node: Int, in lowering: Lowering) -> Int {
    let x = lowering.image(of: lowering.source.operand(node))
    return function == .relu && lowering.isRectifiedProduct(x) ? x : lowering.asItIs(node)
  }
}

extension Unary: LoopStep {
  func form(_ shape: Shape, _ operands: [Shape]) -> LoopForm? {
    LoopForm(ck_step_kind(function.step), shape, isLight: function.isLight)
  }
}

extension Graph {
  func unary(_ function: UnaryFunction, _ x: Int) -> Int {
    if let repeated = operation(x) as? Spread {
      return spread(unary(function, operand(x)), repeated.axes, to: shape(x))
    }
    if function == .log, let probabilities = probabilities(x) { weighing.insert(probabilities) }
    return append(Unary(function: function), [x], shape(x))
  }

  func isUnary(_ node: Int, _ function: UnaryFunction) -> Bool {
    (operation(node) as? Unary)?.function == function
  }

  /// d / x; of a multiple of x that multiple: the derivative of x log x has no 0 / 0.
  fileprivate func quotient(_ d: Int, _ x: Int) -> Int {
    if d == x { return fill(1, shape(x)) }
    if let scaled = operation(d) as? Scale, operand(d) == x { return fill(scaled.factor, shape(x)) }
    return divide(d, x)
  }
}
