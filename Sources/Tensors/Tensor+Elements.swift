/// Element-wise arithmetic. Shapes are aligned from the last axis; missing axes and axes of size 1
/// repeat: `[n, m]` with `[m]`, `[n, 1]` or a scalar gives `[n, m]`.
extension Tensor {
  /// The sum, element by element.
  public static func + (a: Tensor, b: Tensor) -> Tensor { combine(a, b, "+", Graph.add) }
  /// The difference, element by element.
  public static func - (a: Tensor, b: Tensor) -> Tensor { combine(a, b, "-", Graph.subtract) }
  /// The product, element by element.
  public static func * (a: Tensor, b: Tensor) -> Tensor { combine(a, b, "*", Graph.multiply) }
  /// The quotient, element by element.
  public static func / (a: Tensor, b: Tensor) -> Tensor { combine(a, b, "/", Graph.divide) }

  /// Every element plus a number.
  public static func + (a: Tensor, b: Double) -> Tensor { a.with(a.graph.offset(a.node, b)) }
  /// A number plus every element.
  public static func + (a: Double, b: Tensor) -> Tensor { b + a }
  /// Every element minus a number.
  public static func - (a: Tensor, b: Double) -> Tensor { a + (-b) }
  /// A number minus every element.
  public static func - (a: Double, b: Tensor) -> Tensor { -b + a }
  /// Every element times a number.
  public static func * (a: Tensor, b: Double) -> Tensor { a.with(a.graph.scale(a.node, b)) }
  /// A number times every element.
  public static func * (a: Double, b: Tensor) -> Tensor { b * a }
  /// Every element divided by a number: multiplied by its reciprocal.
  public static func / (a: Tensor, b: Double) -> Tensor { a * (1 / b) }
  /// A number divided by every element: multiplied by the elements' reciprocals.
  public static func / (a: Double, b: Tensor) -> Tensor { b.apply(.reciprocal) * a }
  /// Every element negated.
  public static prefix func - (a: Tensor) -> Tensor { a * -1 }

  private static func combine(
    _ a: Tensor, _ b: Tensor, _ symbol: String, _ function: (Graph) -> (Int, Int) -> Int
  ) -> Tensor {
    let (x, y) = aligned(a, b, symbol)
    return x.with(function(x.graph)(x.node, y.node))
  }

  func apply(_ function: UnaryFunction) -> Tensor { with(graph.unary(function, node)) }

  /// Every element times itself.
  public var squared: Tensor { apply(.square) }
}

/// e to the power of every element.
public func exp(_ x: Tensor) -> Tensor { x.apply(.exp) }
/// The natural logarithm of every element; of those below 0 it is not a number, of 0 minus infinity.
public func log(_ x: Tensor) -> Tensor { x.apply(.log) }
/// The hyperbolic tangent of every element.
public func tanh(_ x: Tensor) -> Tensor { x.apply(.tanh) }
/// 1 / (1 + exp(-x)) of every element, without overflow.
public func sigmoid(_ x: Tensor) -> Tensor { x.apply(.sigmoid) }
/// log(1 + exp(x)) of every element, without overflow.
public func softplus(_ x: Tensor) -> Tensor { x.apply(.softplus) }
/// Every element where it is positive, else 0; the derivative at 0 is 0.
public func relu(_ x: Tensor) -> Tensor { x.apply(.relu) }
/// The square root of every element; of those below 0 it is not a number, and the derivative at 0 is infinite.
public func sqrt(_ x: Tensor) -> Tensor { x.apply(.squareRoot) }
/// The absolute value of every element; the derivative at 0 is 0.
public func abs(_ x: Tensor) -> Tensor { x.apply(.absolute) }
