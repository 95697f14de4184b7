import CKernels
import Foundation

extension UnaryFunction {
  package static let sin: UnaryFunction = .init("sin", CK_SINE, value: Foundation.sin) {
    graph, x, _, d in
    graph.multiply(d, graph.unary(.cos, x))
  }

  package static let cos: UnaryFunction = .init("cos", CK_COSINE, value: Foundation.cos) {
    graph, x, _, d in
    graph.scale(graph.multiply(d, graph.unary(.sin, x)), -1)
  }

  package static let atan = UnaryFunction("atan", CK_ARCTANGENT, value: Foundation.atan) {
    graph, x, _, d in
    graph.divide(d, graph.offset(graph.unary(.square, x), 1))
  }

  package static let log1p = UnaryFunction("log1p", CK_LOG_OF_ONE_PLUS, value: Foundation.log1p) {
    graph, x, _, d in
    graph.divide(d, graph.offset(x, 1))
  }

  package static let expm1 = UnaryFunction("expm1", CK_EXP_MINUS_ONE, value: Foundation.expm1) {
    graph, x, _, d in
    graph.multiply(d, graph.unary(.exp, x))
  }

  package static let erf = UnaryFunction("erf", CK_ERROR_FUNCTION, value: Foundation.erf) {
    graph, x, _, d in
    let bell = graph.unary(.exp, graph.scale(graph.unary(.square, x), -1))
    return graph.scale(graph.multiply(d, bell), 2 / Double.pi.squareRoot())
  }

  /// The nearest whole number, of two the even one: a constant to a derivative.
  package static let round = UnaryFunction(
    "round", CK_ROUND, isLight: true, value: { $0.rounded(.toNearestOrEven) }
  ) { _, _, _, _ in nil }
}

/// Every element to the power of a number that is not whole.
package struct Power: TracedOperation {
  package let exponent: Double
  package var number: Double? { exponent }
  package var isOfElements: Bool { true }

  package func cotangent(of node: Int, _ index: Int, _ d: Int, in graph: Graph) -> Int? {
    slope(node, times: d, in: graph)
  }

  package func tangent(of node: Int, _ tangents: [Int?], in graph: Graph) -> Int? {
    tangents[0].map { slope(node, times: $0, in: graph) }
  }

  private func slope(_ node: Int, times d: Int, in graph: Graph) -> Int {
    graph.scale(graph.multiply(d, graph.power(graph.operand(node), exponent - 1)), exponent)
  }

  package func values(_ operands: [Values], _ shape: Shape) -> [Double] {
    operands[0].numbers.map { Foundation.pow($0, exponent) }
  }
}

extension Power: LoopStep {
  func form(_ shape: Shape, _ operands: [Shape]) -> LoopForm? {
    LoopForm(CK_RAISE, shape, number: exponent)
  }
}

extension Graph {
  /// x to the power of a number: by products where it is whole and small, by roots where it is a half of that.
  func power(_ x: Int, _ exponent: Double) -> Int {
    switch exponent {
    case 0: return fill(1, shape(x))
    case 1: return x
    case 0.5: return unary(.squareRoot, x)
    case -0.5: return unary(.reciprocalSquareRoot, x)
    default: break
    }
    guard exponent == exponent.rounded(), abs(exponent) <= 64 else {
      return append(Power(exponent: exponent), [x], shape(x))
    }
    if exponent < 0 { return unary(.reciprocal, power(x, -exponent)) }
    let half = power(x, (exponent / 2).rounded(.down))
    let square = multiply(half, half)
    return exponent.truncatingRemainder(dividingBy: 2) == 0 ? square : multiply(square, x)
  }
}
