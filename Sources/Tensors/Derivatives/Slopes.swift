/// Derivatives of the element-wise functions, as nodes.
extension Graph {
  /// `d` times the derivative of `y = function(x)`; `nil` where that is zero.
  func slope(_ function: UnaryFunction, x: Int, y: Int, times d: Int) -> Int? {
    switch function {
    case .exp: multiply(d, y)
    case .log: quotient(d, x)
    case .tanh: multiply(d, offset(scale(unary(.square, y), -1), 1))
    case .sigmoid: multiply(d, multiply(y, offset(scale(y, -1), 1)))
    case .softplus: multiply(d, unary(.sigmoid, x))
    case .relu: mask(d, by: y)
    case .square: scale(multiply(d, x), 2)
    case .squareRoot: scale(divide(d, y), 0.5)
    case .reciprocalSquareRoot: scale(multiply(d, multiply(y, unary(.square, y))), -0.5)
    case .reciprocal: scale(multiply(d, unary(.square, y)), -1)
    case .absolute: multiply(d, unary(.sign, x))
    case .sign, .step: nil
    }
  }

  /// d / x; of a multiple of x that multiple: the derivative of x log x has no 0 / 0.
  private func quotient(_ d: Int, _ x: Int) -> Int {
    if d == x { return fill(1, shape(x)) }
    if case .scale(let factor) = operation(d), operand(d) == x { return fill(factor, shape(x)) }
    return divide(d, x)
  }

  /// `d` times the derivative of softmax: p (d - sum(p d)), which is symmetric.
  func softmaxSlope(_ p: Int, times d: Int) -> Int {
    let product = weighing.contains(p) ? weigh : multiply
    let total = sum(product(p, d), 1..<2)
    return product(p, subtract(d, spread(total, 1..<2, to: shape(p))))
  }
}
