import Foundation

/// Wider than what is checked, where the processor has it, so that a comparison shows the rounding of one side.
#if arch(x86_64)
  typealias Wide = Float80
#else
  typealias Wide = Double
#endif

/// A number with its derivatives along two directions and the mixed second one: exact, and no differences taken (Fike and
/// Alonso, "The development of hyper-dual numbers for exact second-derivative calculations", 2011).
struct HyperDual {
  var value: Wide
  var first: Wide = 0
  var second: Wide = 0
  var mixed: Wide = 0

  init(_ value: Wide, _ first: Wide = 0, _ second: Wide = 0, _ mixed: Wide = 0) {
    (self.value, self.first, self.second, self.mixed) = (value, first, second, mixed)
  }

  static func + (a: Self, b: Self) -> Self {
    Self(a.value + b.value, a.first + b.first, a.second + b.second, a.mixed + b.mixed)
  }

  static func - (a: Self, b: Self) -> Self { a + (-1) * b }

  static func * (a: Wide, b: Self) -> Self {
    Self(a * b.value, a * b.first, a * b.second, a * b.mixed)
  }

  static func * (a: Self, b: Self) -> Self {
    Self(
      a.value * b.value, a.value * b.first + a.first * b.value,
      a.value * b.second + a.second * b.value,
      a.value * b.mixed + a.first * b.second + a.second * b.first + a.mixed * b.value)
  }

  static func / (a: Self, b: Self) -> Self {
    let y = 1 / b.value
    return a * b.applying(y, -y * y, 2 * y * y * y)
  }

  /// A function of this number, by its value, slope and curvature here.
  func applying(_ value: Wide, _ slope: Wide, _ curvature: Wide) -> Self {
    Self(value, slope * first, slope * second, slope * mixed + curvature * first * second)
  }

  func applying(_ function: RandomProgram.Function) -> Self {
    let x = value
    switch function {
    case .exp: return applying(exp(x), exp(x), exp(x))
    case .log: return applying(log(x), 1 / x, -1 / (x * x))
    case .tanh:
      let y = tanh(x)
      return applying(y, 1 - y * y, -2 * y * (1 - y * y))
    case .sigmoid:
      let y = 1 / (1 + exp(-x))
      return applying(y, y * (1 - y), y * (1 - y) * (1 - 2 * y))
    case .softplus:
      let y = 1 / (1 + exp(-x))
      return applying(max(x, 0) + log1p(exp(-abs(x))), y, y * (1 - y))
    case .relu: return x > 0 ? self : Self(0)
    case .sqrt:
      let y = x.squareRoot()
      return applying(y, 0.5 / y, -0.25 / (y * y * y))
    case .abs: return x > 0 ? self : x < 0 ? -1 * self : Self(0)
    case .squared: return self * self
    }
  }
}
