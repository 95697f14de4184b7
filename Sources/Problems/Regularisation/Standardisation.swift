/// Brings a column of numbers to mean 0 and variance 1.
///
/// A column that is a power of two larger is brought to the same bits, as long as no number of either leaves the range of
/// normal doubles; numbers of any size are.
struct Standardisation {
  /// Numbers are first divided by a power of two, so that their squares neither overflow nor vanish: these two
  /// multiply to its reciprocal, which may itself be no normal number.
  private let factors: (Double, Double)
  /// One of the numbers, then divided, and the mean of what is left when it is subtracted from each: where they hardly
  /// differ, their differences have all the bits that matter.
  private let origin, mean: Double
  /// The reciprocal of the standard deviation; 0 where the numbers are all the same, or differ by rounding alone.
  private let scale: Double

  /// The standard of some numbers. Those that are none are of missing cells, and do not count.
  init(_ cells: [Double]) {
    let numbers = cells.filter { !$0.isNaN }
    guard let first = numbers.first else {
      (factors, origin, mean, scale) = ((1, 1), 0, 0, 0)
      return
    }
    let largest = numbers.reduce(0) { max($0, $1.magnitude) }
    let exponent = largest == 0 ? 0 : Int(largest.exponent)
    let factors = (Self.power(-(exponent / 2)), Self.power(exponent / 2 - exponent))
    let origin = first * factors.0 * factors.1
    let differences = numbers.map { $0 * factors.0 * factors.1 - origin }
    let count = Double(numbers.count)
    let mean = differences.reduce(0, +) / count
    let variance = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
    // The largest number is from 1 to below 2 here.
    scale = variance > Self.leastDeviation * Self.leastDeviation ? 1 / variance.squareRoot() : 0
    (self.factors, self.origin, self.mean) = (factors, origin, mean)
  }

  /// A standard deviation, in parts of the largest number, that rounding alone may make.
  private static let leastDeviation = 1e-12

  /// A number in that standard; a missing one is the mean.
  func callAsFunction(_ number: Double) -> Double {
    scale == 0 || number.isNaN ? 0 : (number * factors.0 * factors.1 - origin - mean) * scale
  }

  /// The number that this makes of a standardised one.
  func inverse(_ standardised: Double) -> Double {
    scale == 0 ? center : (standardised / scale + mean + origin) / factors.0 / factors.1
  }

  /// The mean.
  var center: Double { (origin + mean) / factors.0 / factors.1 }

  /// What differences from the mean are multiplied by.
  var factor: Double { scale * factors.0 * factors.1 }

  private static func power(_ exponent: Int) -> Double {
    Double(sign: .plus, exponent: exponent, significand: 1)
  }
}
