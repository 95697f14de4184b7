/// Arithmetic of elements, simplified before a node is made. The rules keep constants and scalings outermost and on the
/// smallest tensor.
extension Graph {
  func add(_ a: Int, _ b: Int) -> Int {
    if isZero(a) { return b }
    if isZero(b) { return a }
    if let value = constantValue(b) { return offset(a, value) }
    if let value = constantValue(a) { return offset(b, value) }
    if factor(b) == -1 { return subtract(a, operand(b)) }
    if factor(a) == -1 { return subtract(b, operand(a)) }
    if let both = throughSpread(a, b, add) { return both }
    return append(Binary(function: .add), a < b ? [a, b] : [b, a], shape(a))
  }

  func subtract(_ a: Int, _ b: Int) -> Int {
    if a == b { return fill(0, shape(a)) }
    if isZero(b) { return a }
    if isZero(a) { return scale(b, -1) }
    if let value = constantValue(b) { return offset(a, -value) }
    if factor(b) == -1 { return add(a, operand(b)) }
    if let both = throughSpread(a, b, subtract) { return both }
    return append(Binary(function: .subtract), [a, b], shape(a))
  }

  func multiply(_ a: Int, _ b: Int) -> Int {
    if let value = constantValue(b) { return scale(a, value) }
    if let value = constantValue(a) { return scale(b, value) }
    if let factor = factor(a) { return scale(multiply(operand(a), b), factor) }
    if let factor = factor(b) { return scale(multiply(a, operand(b)), factor) }
    if let both = throughSpread(a, b, multiply) { return both }
    if a == b { return unary(.square, a) }
    return append(Binary(function: .multiply), a < b ? [a, b] : [b, a], shape(a))
  }

  func divide(_ a: Int, _ b: Int) -> Int {
    if let value = constantValue(b) { return scale(a, 1 / value) }
    if isZero(a) { return a }
    if let factor = factor(a) { return scale(divide(operand(a), b), factor) }
    if let both = throughSpread(a, b, divide) { return both }
    if constantValue(a) == 1 { return unary(.reciprocal, b) }
    // What a factor weighed, divided by that factor: the limit where it is 0.
    if isBinary(a, .weigh), operand(a) == b { return operand(a, 1) }
    return append(Binary(function: .divide), [a, b], shape(a))
  }

  func mask(_ a: Int, by b: Int) -> Int {
    if isZero(a) { return a }
    // Of 0 and 1, with one finite number a row: the smaller tensor's product.
    if operation(b) is OneHot, operation(a) is Spread, constantValue(a)?.isFinite != false {
      return multiply(a, b)
    }
    if isBinary(a, .mask), operand(a, 1) == b { return a }
    if let factor = factor(a) { return scale(mask(operand(a), by: b), factor) }
    return append(Binary(function: .mask), [a, b], shape(a))
  }

  /// The product a b; 0 where a is 0.
  func weigh(_ a: Int, _ b: Int) -> Int {
    if isZero(a) { return a }
    if let value = constantValue(a) { return scale(b, value) }
    if let value = constantValue(b), value.isFinite { return scale(a, value) }
    if let factor = factor(a), factor.isFinite { return scale(weigh(operand(a), b), factor) }
    if let factor = factor(b), factor.isFinite { return scale(weigh(a, operand(b)), factor) }
    if let both = throughSpread(a, b, weigh) { return both }
    if let probabilities = probabilities(a) { weighing.insert(probabilities) }
    return append(Binary(function: .weigh), [a, b], shape(a))
  }

  /// The product as formulas mean it: a probability of 0 leaves out what it weighs, and 0 log 0 is 0.
  func multiplyWeighing(_ a: Int, _ b: Int) -> Int {
    let isWeight = probabilities(a) != nil || isLogarithm(b)
    let isWeighed = probabilities(b) != nil || isLogarithm(a)
    if isWeight == isWeighed { return multiply(a, b) }
    return isWeight ? weigh(a, b) : weigh(b, a)
  }

  /// The softmax whose values a tensor has, scaled, repeated or rearranged; `nil` for any other.
  func probabilities(_ node: Int) -> Int? {
    switch operation(node) {
    case is Softmax: node
    case is Scale, is Spread, is Reshape, is Transpose, is Select, is GatherRows:
      probabilities(operand(node))
    default: nil
    }
  }

  private func isLogarithm(_ node: Int) -> Bool {
    switch operation(node) {
    case let unary as Unary: unary.function == .log
    case is Scale, is Spread, is Reshape: isLogarithm(operand(node))
    default: false
    }
  }

  /// An element-wise function of two tensors that repeat along the same axes, made once a repeat.
  private func throughSpread(_ a: Int, _ b: Int, _ function: (Int, Int) -> Int) -> Int? {
    guard let ofA = operation(a) as? Spread, let ofB = operation(b) as? Spread, ofA == ofB else {
      return nil
    }
    return spread(function(operand(a), operand(b)), ofA.axes, to: shape(a))
  }
}
