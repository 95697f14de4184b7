/// Brings a column of numbers to mean 0 and variance 1.
///
/// A column that is a power of two larger is brought to the same bits, as long as no number of either leaves the range of
/// normal doubles; numbers of any size are.
package struct Standardisation: Sendable {
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
    var search = Search()
    for pass in Pass.allCases {
      for cell in cells { search.take(cell, in: pass) }
    }
    self = search.standard
  }

  private init(_ factors: (Double, Double), origin: Double, mean: Double, scale: Double) {
    (self.factors, self.origin, self.mean, self.scale) = (factors, origin, mean, scale)
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

extension Standardisation {
  /// How often the numbers are gone through, in the same order each time.
  enum Pass: CaseIterable {
    case size, mean, variance
  }

  /// The standard of numbers that are nowhere together.
  struct Search {
    private var first: Double?
    private var largest = 0.0
    private var count = 0.0
    private var factors = (1.0, 1.0)
    private var origin = 0.0
    private var sum = 0.0
    private var squares = 0.0
    private var mean: Double { sum / count }

    /// Takes the next number of a pass; missing cells do not count.
    mutating func take(_ cell: Double, in pass: Pass) {
      guard !cell.isNaN else { return }
      switch pass {
      case .size:
        first = first ?? cell
        largest = max(largest, cell.magnitude)
        count += 1
      case .mean:
        if let first { begin(first) }
        sum += difference(cell)
      case .variance:
        let rest = difference(cell) - mean
        squares += rest * rest
      }
    }

    /// All are divided by the power of two that brings the largest to 1 or more and below 2.
    private mutating func begin(_ first: Double) {
      let exponent = largest == 0 ? 0 : Int(largest.exponent)
      factors = (
        Standardisation.power(-(exponent / 2)), Standardisation.power(exponent / 2 - exponent)
      )
      origin = first * factors.0 * factors.1
      self.first = nil
    }

    private func difference(_ cell: Double) -> Double {
      cell * factors.0 * factors.1 - origin
    }

    /// The standard, after the last pass.
    var standard: Standardisation {
      guard count > 0 else { return Standardisation((1, 1), origin: 0, mean: 0, scale: 0) }
      let variance = squares / count
      let least = Standardisation.leastDeviation
      let scale = variance > least * least ? 1 / variance.squareRoot() : 0
      return Standardisation(factors, origin: origin, mean: mean, scale: scale)
    }
  }
}
