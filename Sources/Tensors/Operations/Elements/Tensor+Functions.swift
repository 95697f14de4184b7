import Foundation

/// The sine of every element.
public func sin(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.applying("sin", .sin, file, line)
}
/// The cosine of every element.
public func cos(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.applying("cos", .cos, file, line)
}
/// The tangent of every element.
public func tan(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.calling("tan", SourceLine(file, line)) { sin(x) / cos(x) }
}
/// The inverse tangent of every element, from -pi/2 to pi/2.
public func atan(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.applying("atan", .atan, file, line)
}
/// (exp(x) - exp(-x)) / 2 of every element.
public func sinh(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.calling("sinh", SourceLine(file, line)) { 0.5 * (expm1(x) - expm1(-x)) }
}
/// (exp(x) + exp(-x)) / 2 of every element.
public func cosh(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.calling("cosh", SourceLine(file, line)) { 0.5 * (exp(x) + exp(-x)) }
}
/// log(1 + x) of every element, exact also near 0.
public func log1p(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.applying("log1p", .log1p, file, line)
}
/// exp(x) - 1 of every element, exact also near 0.
public func expm1(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.applying("expm1", .expm1, file, line)
}
/// The error function of every element: 2 / sqrt(pi) times the integral of exp(-t^2) from 0.
public func erf(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.applying("erf", .erf, file, line)
}
/// 1 / sqrt(x) of every element.
public func rsqrt(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.applying("rsqrt", .reciprocalSquareRoot, file, line)
}
/// -1, 0 or 1 for every element; its derivative is 0.
public func sign(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.applying("sign", .sign, file, line)
}
/// The nearest whole number to every element, of two the even one; its derivative is 0.
public func round(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.applying("round", .round, file, line)
}

/// Every element to the power of a number.
///
/// - Parameters:
///   - x: The elements; those below 0 have no power that is not whole.
///   - exponent: The number.
///   - file: The caller's file, for errors.
///   - line: The caller's line, for errors.
/// - Returns: The powers.
public func pow(
  _ x: Tensor, _ exponent: Double, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  x.calling("pow", SourceLine(file, line)) { x.with(x.graph.power(x.node, exponent)) }
}

/// Elements to the power of others: exp(exponent log(base)).
///
/// - Parameters:
///   - base: Elements above 0.
///   - exponent: A tensor whose shape repeats to that of the base, or the other way round.
///   - file: The caller's file, for errors.
///   - line: The caller's line, for errors.
/// - Returns: The powers.
public func pow(
  _ base: Tensor, _ exponent: Tensor, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  base.calling("pow", SourceLine(file, line), with: [exponent]) { exp(exponent * log(base)) }
}

/// A number above 0 to the power of every element.
public func pow(
  _ base: Double, _ exponent: Tensor, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  exponent.calling("pow", SourceLine(file, line)) { exp(exponent * Foundation.log(base)) }
}

/// The larger of two elements each; not a number where one is none. Equal ones share the derivative.
public func maximum(
  _ a: Tensor, _ b: Tensor, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  a.combining("maximum", b, file, line) { $0.binary(.maximum, $1, $2) }
}

/// The smaller of two elements each; not a number where one is none. Equal ones share the derivative.
public func minimum(
  _ a: Tensor, _ b: Tensor, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  a.combining("minimum", b, file, line) { $0.binary(.minimum, $1, $2) }
}

extension Tensor {
  /// Every element, but no less than one number and no more than another; the derivative is 1 between the two, and 0 at
  /// them and beyond, as in PyTorch.
  ///
  /// - Parameters:
  ///   - low: The least number; `nil` is none.
  ///   - high: The largest number; `nil` is none.
  ///   - file: The caller's file, for errors.
  ///   - line: The caller's line, for errors.
  /// - Returns: The clamped elements.
  public func clamped(
    from low: Double? = nil, to high: Double? = nil, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Tensor {
    calling("clamped", SourceLine(file, line)) {
      var x = self
      if let low { x = constant(low).where(x .<= low, else: x) }
      if let high { x = constant(high).where(x .>= high, else: x) }
      return x
    }
  }

  /// These elements where a mask is 1, others where it is 0: what is not chosen does not matter, whatever it is.
  ///
  /// - Parameters:
  ///   - mask: 1 or 0, such as a comparison gives.
  ///   - other: The others; all three repeat to one shape.
  ///   - file: The caller's file, for errors.
  ///   - line: The caller's line, for errors.
  /// - Returns: The chosen elements.
  public func `where`(
    _ mask: Tensor, else other: Tensor, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    calling("where", SourceLine(file, line), with: [mask, other]) {
      let (a, b) = Tensor.aligned(self, other, "where")
      let (chosen, x) = Tensor.aligned(mask, a, "where")
      guard let y = x.shape == b.shape ? b : b.repeated(to: x.shape) else { return x }
      return x.with(x.graph.choose(chosen.node, x.node, y.node))
    }
  }

  private func repeated(to shape: Shape) -> Tensor? { broadcast(to: shape, "where") }

  /// A number in this tensor's shape.
  private func constant(_ value: Double) -> Tensor { with(graph.fill(value, shape)) }

  /// An element-wise function of this tensor and another, repeated to one shape.
  func combining(
    _ name: String, _ other: Tensor, _ file: StaticString?, _ line: UInt,
    _ function: (Graph, Int, Int) -> Int
  ) -> Tensor {
    calling(name, file.map { SourceLine($0, line) }, with: [other]) {
      let (x, y) = Tensor.aligned(self, other, name)
      return x.with(function(x.graph, x.node, y.node))
    }
  }
}

// Comparisons, written as those of Swift's vectors are: 1 where they hold, else 0, without derivative.
infix operator .< : ComparisonPrecedence
infix operator .<= : ComparisonPrecedence
infix operator .> : ComparisonPrecedence
infix operator .>= : ComparisonPrecedence
infix operator .== : ComparisonPrecedence
infix operator .!= : ComparisonPrecedence

/// Comparisons, element by element: 1 where they hold, else 0. They have no derivative, and shapes repeat as in
/// arithmetic.
extension Tensor {
  /// Whether elements are larger.
  public static func .> (a: Tensor, b: Tensor) -> Tensor {
    a.combining(".>", b, nil, 0) { $0.binary(.greater, $1, $2) }
  }
  /// Whether elements are smaller.
  public static func .< (a: Tensor, b: Tensor) -> Tensor { b .> a }
  /// Whether elements are the same.
  public static func .== (a: Tensor, b: Tensor) -> Tensor {
    a.combining(".==", b, nil, 0) { $0.binary(.equal, $1, $2) }
  }
  /// Whether elements differ.
  public static func .!= (a: Tensor, b: Tensor) -> Tensor { 1 - (a .== b) }
  /// Whether elements are larger or the same.
  public static func .>= (a: Tensor, b: Tensor) -> Tensor { (a .> b) + (a .== b) }
  /// Whether elements are smaller or the same.
  public static func .<= (a: Tensor, b: Tensor) -> Tensor { b .>= a }

  /// Whether elements are larger than a number.
  public static func .> (a: Tensor, b: Double) -> Tensor { a .> a.constant(b) }
  /// Whether elements are smaller than a number.
  public static func .< (a: Tensor, b: Double) -> Tensor { a .< a.constant(b) }
  /// Whether elements are a number.
  public static func .== (a: Tensor, b: Double) -> Tensor { a .== a.constant(b) }
  /// Whether elements are not a number's.
  public static func .!= (a: Tensor, b: Double) -> Tensor { a .!= a.constant(b) }
  /// Whether elements are larger than a number or the same.
  public static func .>= (a: Tensor, b: Double) -> Tensor { a .>= a.constant(b) }
  /// Whether elements are smaller than a number or the same.
  public static func .<= (a: Tensor, b: Double) -> Tensor { a .<= a.constant(b) }
}
