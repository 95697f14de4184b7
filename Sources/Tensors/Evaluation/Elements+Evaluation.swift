import Foundation

extension UnaryFunction {
  /// The function of a number.
  func callAsFunction(_ x: Double) -> Double {
    switch self {
    case .exp: Foundation.exp(x)
    case .log: Foundation.log(x)
    case .tanh: Foundation.tanh(x)
    case .sigmoid: 1 / (1 + Foundation.exp(-x))
    case .softplus: x.isNaN ? x : max(x, 0) + log1p(Foundation.exp(-Swift.abs(x)))
    case .relu: x <= 0 ? 0 : x
    case .square: x * x
    case .squareRoot: x.squareRoot()
    case .reciprocalSquareRoot: 1 / x.squareRoot()
    case .reciprocal: 1 / x
    case .absolute: Swift.abs(x)
    case .sign: x > 0 ? 1 : x < 0 ? -1 : x
    case .step: x > 0 ? 1 : 0
    }
  }
}

extension BinaryFunction {
  /// The function of two numbers.
  func callAsFunction(_ a: Double, _ b: Double) -> Double {
    switch self {
    case .add: a + b
    case .subtract: a - b
    case .multiply: a * b
    case .divide: a / b
    case .mask: b > 0 ? a : 0
    case .weigh: a == 0 ? 0 : a * b
    }
  }
}
