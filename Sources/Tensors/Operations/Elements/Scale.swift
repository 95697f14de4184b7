import CKernels

/// Every element times a number.
package struct Scale: LinearOperation {
  package var isOfElements: Bool { true }
  package let factor: Double
  package var number: Double? { factor }

  package func applied(to operands: [Int], like node: Int, in graph: Graph) -> Int {
    graph.scale(operands[0], factor)
  }

  package func adjoint(of node: Int, _ d: Int, in graph: Graph) -> Int { graph.scale(d, factor) }

  package func values(_ operands: [Values], _ shape: Shape) -> [Double] {
    operands[0].numbers.map { factor * $0 }
  }
}

extension Scale: LoopStep {
  func form(_ shape: Shape, _ operands: [Shape]) -> LoopForm? {
    LoopForm(CK_SCALE, shape, number: factor, isLight: true)
  }
}

/// Every element plus a number.
package struct Offset: TracedOperation {
  package var isOfElements: Bool { true }
  package let amount: Double
  package var number: Double? { amount }

  package func cotangent(of node: Int, _ index: Int, _ d: Int, in graph: Graph) -> Int? { d }

  package func tangent(of node: Int, _ tangents: [Int?], in graph: Graph) -> Int? { tangents[0] }

  package func values(_ operands: [Values], _ shape: Shape) -> [Double] {
    operands[0].numbers.map { $0 + amount }
  }
}

extension Offset: LoopStep {
  func form(_ shape: Shape, _ operands: [Shape]) -> LoopForm? {
    LoopForm(CK_OFFSET, shape, number: amount, isLight: true)
  }
}

extension Graph {
  func scale(_ x: Int, _ factor: Double) -> Int {
    if factor == 1 { return x }
    if factor == 0 { return fill(0, shape(x)) }
    if let value = constantValue(x) { return fill(value * factor, shape(x)) }
    switch operation(x) {
    case let inner as Scale: return scale(operand(x), inner.factor * factor)
    case let repeated as Spread:
      return spread(scale(operand(x), factor), repeated.axes, to: shape(x))
    case is Reshape: return reshape(scale(operand(x), factor), shape(x))
    case let binary as Binary where binary.function == .subtract && factor == -1:
      return subtract(operand(x, 1), operand(x))
    case let binary as Binary where binary.function == .multiply:
      // Of a product with something repeated, that is scaled: it is the smaller.
      for (repeated, other) in [(operand(x), operand(x, 1)), (operand(x, 1), operand(x))]
      where operation(repeated) is Spread {
        return multiply(scale(repeated, factor), other)
      }
      return append(Scale(factor: factor), [x], shape(x))
    default: return append(Scale(factor: factor), [x], shape(x))
    }
  }

  func offset(_ x: Int, _ amount: Double) -> Int {
    if amount == 0 { return x }
    if let value = constantValue(x) { return fill(value + amount, shape(x)) }
    switch operation(x) {
    case let inner as Offset: return offset(operand(x), inner.amount + amount)
    case let repeated as Spread:
      return spread(offset(operand(x), amount), repeated.axes, to: shape(x))
    default: return append(Offset(amount: amount), [x], shape(x))
    }
  }

  /// The factor of a node that is a multiple of its operand.
  func factor(_ node: Int) -> Double? { (operation(node) as? Scale)?.factor }
}
