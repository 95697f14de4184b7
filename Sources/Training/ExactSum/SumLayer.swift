/// The exact sum of rows of similar size, in integers.
///
/// A number of a row of size e, brought to x = number * 2^(29 - e) with |x| < 2^30, becomes
///
///     hi = round(x * 2^12),   lo = round((x - hi * 2^-12) * 2^55),   |hi|, |lo| <= 2^42,
///
/// ties to even. Only the last rounding loses anything: scaling by powers of two is exact, and so is
/// the difference, which is a multiple of the last place of x and no larger than x (or x itself, where
/// hi = 0). So x counts as the multiple of 2^-55 nearest to it.
///
/// The layer's unit u is at most any of its rows' sizes: a row counts 2^(e - u) times what one of size
/// u does, and so much is its weight. Up to a weight of 2^20 fits: sums of hi and of lo stay within
/// 2^62.
struct SumLayer: Sendable {
  /// The most that all rows' weights, over all ranks, may add up to.
  static let maximumWeight = 1 << 20

  private let count: Int
  /// Its words count multiples of 2^(unit - 84).
  private(set) var unit = 0
  /// All hi, then all lo.
  private var words: [Int64]

  /// Room for rows of `count` numbers; to be cleared before it is used.
  init(count: Int) {
    self.count = count
    words = [Int64](repeating: 0, count: 2 * count)
  }

  /// Forgets all rows.
  mutating func clear(unit: Int) {
    self.unit = unit
    words.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
  }

  /// Adds a row of finite numbers of a size.
  mutating func add(_ row: UnsafeBufferPointer<Double>, size: Int) {
    let scale = Self.power(29 - size)
    let places = Int64(size - unit)
    words.withUnsafeMutableBufferPointer { words in
      for index in 0..<count {
        // Adding 1.5 * 2^52 rounds to an integer and leaves it in the low bits.
        let shift = 0x1.8p52
        let x = row[index] * scale
        let high = x * 0x1p12 + shift
        let low = (x - (high - shift) * 0x1p-12) * 0x1p55 + shift
        words[index] &+= Int64(bitPattern: high.bitPattern &- shift.bitPattern) &<< places
        words[count + index] &+= Int64(bitPattern: low.bitPattern &- shift.bitPattern) &<< places
      }
    }
  }

  /// Counts in a unit that is not larger.
  mutating func lower(to unit: Int) {
    let places = Int64(self.unit - unit)
    self.unit = unit
    guard places > 0 else { return }
    words.withUnsafeMutableBufferPointer { words in
      for index in words.indices { words[index] &<<= places }
    }
  }

  /// Adds the rows of a layer whose unit is not smaller.
  mutating func merge(_ other: SumLayer) {
    let places = Int64(other.unit - unit)
    words.withUnsafeMutableBufferPointer { words in
      other.words.withUnsafeBufferPointer { others in
        for index in words.indices { words[index] &+= others[index] &<< places }
      }
    }
  }

  /// The exponent of the lowest bit that is set in any sum; nil where all are 0.
  var lowestBit: Int? {
    words.withUnsafeBufferPointer { words in
      var (highs, lows): (Int64, Int64) = (0, 0)
      for index in 0..<count {
        highs |= words[index]
        lows |= words[count + index]
      }
      // Where either is 0, all 64 of its bits are.
      if highs == 0, lows == 0 { return nil }
      let low = lows == 0 ? Int.max : lows.trailingZeroBitCount
      return unit - 84 + min(low, 43 + highs.trailingZeroBitCount)
    }
  }

  /// Replaces this layer by the sum over all ranks, which `sum` adds up word by word in place.
  ///
  /// - Parameters:
  ///   - droppedBits: Where the numbers are to travel in one word each, how many low bits of them are
  ///     0 on every rank, and left out on the way.
  ///   - sum: Replaces each word by the sum of all ranks' words at its index.
  /// - Throws: What `sum` throws.
  mutating func reduce<Failure: Error>(
    droppedBits: Int?, by sum: (UnsafeMutableBufferPointer<Int64>) throws(Failure) -> Void
  ) throws(Failure) {
    let count = count
    try words.withUnsafeMutableBufferPointer { words throws(Failure) in
      guard let droppedBits else { return try sum(words) }
      let highs = UnsafeMutableBufferPointer(rebasing: words[..<count])
      let lows = UnsafeMutableBufferPointer(rebasing: words[count...])
      // A word is (hi * 2^43 + lo) / 2^dropped. Shifts by a negative number go the other way.
      let places = 43 - droppedBits
      for index in 0..<count {
        lows[index] = (highs[index] << places) &+ (lows[index] >> droppedBits)
      }
      try sum(lows)
      for index in 0..<count {
        let word = lows[index]
        highs[index] = word >> places
        lows[index] = (word &- highs[index] << places) << droppedBits
      }
    }
  }

  /// The sums, rounded once.
  func values() -> [Double] {
    [Double](unsafeUninitializedCapacity: count) { values, initialized in
      let scale = Self.power(unit - 29)
      words.withUnsafeBufferPointer { words in
        for index in 0..<count {
          let (high, low) = Self.parts(words[index], words[count + index])
          values[index] = (high + low) * scale
        }
      }
      initialized = count
    }
  }

  /// Two doubles whose sum is a number's exactly.
  func parts(at index: Int) -> (high: Double, low: Double) {
    let scale = Self.power(unit - 29)
    let (high, low) = Self.parts(words[index], words[count + index])
    return (high * scale, low * scale)
  }

  /// With H and L the sums of hi and lo, the value is H * 2^-12 + L * 2^-55: write L = c * 2^43 + l
  /// with 0 <= l < 2^43 and H + c = a * 2^10 + b with 0 <= b < 2^10. Then it is a * 2^-2
  /// + (b * 2^43 + l) * 2^-55, where |a| <= 2^52 + 1 and the bracket is below 2^53: both are doubles
  /// without rounding, and IEEE 754 rounds their sum to the nearest.
  @inline(__always)
  private static func parts(_ high: Int64, _ low: Int64) -> (high: Double, low: Double) {
    let high = high &+ low >> 43
    let rest = (high & 0x3FF) << 43 | (low & 0x7FF_FFFF_FFFF)
    return (Double(high >> 10) * 0x1p-2, Double(rest) * 0x1p-55)
  }

  /// 2^exponent: sizes are such that it is a normal number.
  private static func power(_ exponent: Int) -> Double {
    Double(sign: .plus, exponent: exponent, significand: 1)
  }
}
