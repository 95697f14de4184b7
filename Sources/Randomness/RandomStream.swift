/// What numbers are drawn for: streams of different purposes have nothing in common.
public struct RandomPurpose: Hashable, Sendable {
  /// The purpose's number.
  public let number: UInt32

  /// A purpose of one's own; numbers below 1000 are taken.
  public init(_ number: UInt32) { self.number = number }

  /// First values of parameters.
  public static let initialisation = RandomPurpose(1)
  /// The data of a task.
  public static let task = RandomPurpose(2)
  /// Wrong labels and the like.
  public static let corruption = RandomPurpose(3)
  /// Splits of data into parts.
  public static let split = RandomPurpose(4)
  /// Tasks that training never sees.
  public static let evaluation = RandomPurpose(5)
}

/// Random numbers that are a function of what they are for: a seed, a purpose, an upper step and an index (of a task, or a
/// parameter). Whoever asks, on whichever rank, gets the same ones. The bits of all draws are fixed here, and not by the
/// standard library.
public struct RandomStream: RandomNumberGenerator, Sendable {
  private let key: (UInt32, UInt32)
  private let step: UInt32
  private let index: UInt32
  private var draw: UInt64 = 0
  private var buffered: UInt64?

  /// The stream of a seed, purpose, step and index; steps and indices count modulo 2^32.
  public init(seed: UInt64, purpose: RandomPurpose, step: Int = 0, index: Int = 0) {
    // The purpose is mixed into the key by the generator itself.
    let mixed = Philox.words(
      counter: (purpose.number, 0, 0, 0),
      key: (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)))
    key = (mixed.0, mixed.1)
    self.step = UInt32(truncatingIfNeeded: step)
    self.index = UInt32(truncatingIfNeeded: index)
  }

  /// 64 random bits.
  public mutating func next() -> UInt64 {
    if let second = buffered {
      buffered = nil
      return second
    }
    let words = Philox.words(
      counter: (
        UInt32(truncatingIfNeeded: draw), UInt32(truncatingIfNeeded: draw >> 32), step, index
      ),
      key: key)
    draw += 1
    buffered = UInt64(words.2) << 32 | UInt64(words.3)
    return UInt64(words.0) << 32 | UInt64(words.1)
  }

  /// A number from [0, 1): a multiple of 2^-53.
  public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A number from a range, its upper bound left out up to rounding.
  public mutating func uniform(in range: Range<Double>) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * uniform()
  }

  /// A whole number from 0 ..< bound, each as likely (Lemire, "Fast random integer generation in an interval", 2019).
  ///
  /// - Parameter bound: At least 1.
  /// - Returns: The number.
  public mutating func integer(below bound: Int) -> Int {
    precondition(bound >= 1, "there is no whole number below \(bound) to draw")
    let bound = UInt64(bound)
    var product = next().multipliedFullWidth(by: bound)
    if product.low < bound {
      let threshold = (0 &- bound) % bound
      while product.low < threshold { product = next().multipliedFullWidth(by: bound) }
    }
    return Int(product.high)
  }

  /// A standard normal number, by the ratio of uniforms (Leva, "A fast normal random number generator", 1992) with the
  /// exact test made by this file's own logarithm, so that no mathematics library has a say in the bits.
  public mutating func normal() -> Double {
    while true {
      let u = 1 - uniform()
      let v = 1.7156 * (uniform() - 0.5)
      let x = u - 0.449871
      let y = abs(v) + 0.386595
      let q = x * x + y * (0.19600 * y - 0.25472 * x)
      if q < 0.27597 { return v / u }
      if q <= 0.27846, v * v <= -4 * logarithm(u) * u * u { return v / u }
    }
  }

  /// Puts an array into random order (Fisher and Yates).
  public mutating func shuffle<Element>(_ array: inout [Element]) {
    for place in array.indices.dropLast() {
      array.swapAt(place, place + integer(below: array.count - place))
    }
  }

  /// The numbers 0 ..< count in random order.
  public mutating func permutation(of count: Int) -> [Int] { choose(count, of: count) }

  /// Different numbers of 0 ..< count, in the order in which they were drawn.
  ///
  /// - Parameters:
  ///   - chosen: How many, at most `count`.
  ///   - count: Of how many.
  /// - Returns: The numbers.
  public mutating func choose(_ chosen: Int, of count: Int) -> [Int] {
    precondition(chosen >= 0 && chosen <= count, "\(chosen) of \(count) cannot be chosen")
    var numbers = Array(0..<count)
    for place in 0..<chosen { numbers.swapAt(place, place + integer(below: count - place)) }
    return Array(numbers[..<chosen])
  }
}

/// log x of a number from (0, 1], within some units in the last place: x = 2^e m with m from [sqrt(1/2), sqrt(2)),
/// log m = 2 artanh((m - 1) / (m + 1)) by its series.
func logarithm(_ x: Double) -> Double {
  var exponent = Double(x.exponent)
  var mantissa = x.significand
  if mantissa > 1.4142135623730951 {
    mantissa /= 2
    exponent += 1
  }
  let s = (mantissa - 1) / (mantissa + 1)
  let z = s * s
  var series = 0.0
  for term in stride(from: 23, through: 1, by: -2) { series = series * z + 1 / Double(term) }
  return exponent * 0.6931471805599453 + 2 * s * series
}
