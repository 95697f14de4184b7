// Functions take the caller's file and line, for errors; operators and properties cannot, and are named with the lines
// around them.

/// Element-wise arithmetic. Shapes are aligned from the last axis; missing axes and axes of size 1
/// repeat: `[n, m]` with `[m]`, `[n, 1]` or a scalar gives `[n, m]`.
extension Tensor {
  /// The sum, element by element.
  public static func + (a: Tensor, b: Tensor) -> Tensor { combine(a, b, "+", Graph.add) }
  /// The difference, element by element.
  public static func - (a: Tensor, b: Tensor) -> Tensor { combine(a, b, "-", Graph.subtract) }
  /// The product, element by element. Probabilities (of ``softmax(file:line:)``) that are 0, and factors of a logarithm
  /// that are 0, make it 0 also where the other factor is infinite: 0 log 0 = 0.
  public static func * (a: Tensor, b: Tensor) -> Tensor {
    combine(a, b, "*", Graph.multiplyWeighing)
  }
  /// The quotient, element by element.
  public static func / (a: Tensor, b: Tensor) -> Tensor { combine(a, b, "/", Graph.divide) }

  /// Every element plus a number.
  public static func + (a: Tensor, b: Double) -> Tensor { a.calling("+", nil) { a.offset(b) } }
  /// A number plus every element.
  public static func + (a: Double, b: Tensor) -> Tensor { b + a }
  /// Every element minus a number.
  public static func - (a: Tensor, b: Double) -> Tensor { a.calling("-", nil) { a.offset(-b) } }
  /// A number minus every element.
  public static func - (a: Double, b: Tensor) -> Tensor {
    b.calling("-", nil) { b.scaled(-1).offset(a) }
  }
  /// Every element times a number.
  public static func * (a: Tensor, b: Double) -> Tensor { a.calling("*", nil) { a.scaled(b) } }
  /// A number times every element.
  public static func * (a: Double, b: Tensor) -> Tensor { b * a }
  /// Every element divided by a number: multiplied by its reciprocal.
  public static func / (a: Tensor, b: Double) -> Tensor { a.calling("/", nil) { a.scaled(1 / b) } }
  /// A number divided by every element: multiplied by the elements' reciprocals.
  public static func / (a: Double, b: Tensor) -> Tensor {
    b.calling("/", nil) { b.apply(.reciprocal).scaled(a) }
  }
  /// Every element negated.
  public static prefix func - (a: Tensor) -> Tensor { a.calling("-", nil) { a.scaled(-1) } }

  private static func combine(
    _ a: Tensor, _ b: Tensor, _ symbol: String, _ function: (Graph) -> (Int, Int) -> Int
  ) -> Tensor {
    a.calling(symbol, nil, with: [b]) {
      let (x, y) = aligned(a, b, symbol)
      return x.with(function(x.graph)(x.node, y.node))
    }
  }

  private func offset(_ amount: Double) -> Tensor { with(graph.offset(node, amount)) }
  private func scaled(_ factor: Double) -> Tensor { with(graph.scale(node, factor)) }
  private func apply(_ function: UnaryFunction) -> Tensor { with(graph.unary(function, node)) }

  /// Every element times itself.
  public var squared: Tensor { calling("squared", nil) { apply(.square) } }

  /// A function of every element, as a call of the user's.
  func applying(
    _ name: String, _ function: UnaryFunction, _ file: StaticString, _ line: UInt
  ) -> Tensor {
    calling(name, SourceLine(file, line)) { apply(function) }
  }
}

/// e to the power of every element.
public func exp(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.applying("exp", .exp, file, line)
}
/// The natural logarithm of every element; of those below 0 it is not a number, of 0 minus infinity.
public func log(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.applying("log", .log, file, line)
}
/// The hyperbolic tangent of every element.
public func tanh(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.applying("tanh", .tanh, file, line)
}
/// 1 / (1 + exp(-x)) of every element, without overflow.
public func sigmoid(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.applying("sigmoid", .sigmoid, file, line)
}
/// log(1 + exp(x)) of every element, without overflow.
public func softplus(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.applying("softplus", .softplus, file, line)
}
/// Every element where it is positive, else 0; the derivative at 0 is 0.
public func relu(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.applying("relu", .relu, file, line)
}
/// The square root of every element; of those below 0 it is not a number, and the derivative at 0 is infinite.
public func sqrt(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.applying("sqrt", .squareRoot, file, line)
}
/// The absolute value of every element; the derivative at 0 is 0.
public func abs(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.applying("abs", .absolute, file, line)
}
