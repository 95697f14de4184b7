import MessagePassing

/// A vector of sums that come out the same, bit for bit, in whatever order and grouping their terms are added.
///
/// A term x is split into two whole numbers, hi = round(x * 2^12) and lo = round((x - hi * 2^-12) * 2^55), and these are
/// added as 64-bit integers, which is associative. The split is exact: hi * 2^-12 is a double, x minus it is exact
/// (both are multiples of x's last place, or the difference fits), and what `lo` rounds away is below 2^-56. A
/// Float of size 2^-31 or more loses nothing, for its last place is 2^-54 or more.
///
/// There is room for 2^20 terms below 2^30: |hi| < 2^42 and |lo| <= 2^42 each, sums below 2^62.
public struct ExactSum: Sendable {
  /// The number of sums.
  public let count: Int
  /// All hi's, then all lo's: what an integer sum over ranks adds up.
  public var words: [Int64]

  /// Terms must be smaller.
  public static let limit = 0x1p30

  /// Sums of zero terms.
  public init(count: Int) {
    self.count = count
    words = [Int64](repeating: 0, count: 2 * count)
  }

  /// Sets all sums to zero.
  public mutating func clear() {
    for index in words.indices { words[index] = 0 }
  }

  /// Adds a term to each sum.
  ///
  /// - Parameter terms: `count` numbers.
  /// - Throws: ``ExactSumError`` for a term that is not finite or too large; nothing was added then.
  public mutating func add(_ terms: UnsafeBufferPointer<Double>) throws(ExactSumError) {
    precondition(terms.count == count, "\(terms.count) terms for \(count) sums")
    // One comparison finds infinities and what is not a number, too.
    for (index, term) in terms.enumerated() where !(term.magnitude < Self.limit) {
      throw ExactSumError(index: index, value: term)
    }
    let count = count
    words.withUnsafeMutableBufferPointer { words in
      for index in 0..<count {
        let term = terms[index]
        let high = (term * 0x1p12).rounded(.toNearestOrEven)
        let low = ((term - high * 0x1p-12) * 0x1p55).rounded(.toNearestOrEven)
        words[index] &+= Int64(high)
        words[count + index] &+= Int64(low)
      }
    }
  }

  /// Adds a term to each sum.
  ///
  /// - Throws: As ``add(_:)-(UnsafeBufferPointer<Double>)``.
  public mutating func add(_ terms: [Double]) throws(ExactSumError) {
    try terms.withUnsafeBufferPointer { terms throws(ExactSumError) in try add(terms) }
  }

  /// Adds the sums of another part of the terms.
  public mutating func merge(_ other: ExactSum) {
    precondition(other.count == count, "\(other.count) sums do not add to \(count)")
    for index in words.indices { words[index] &+= other.words[index] }
  }

  /// The sums as doubles, within one unit in the last place: what `lo` holds of whole steps of `hi` is carried over
  /// first, exactly, so that only the last addition rounds (and `hi` itself where it is beyond 2^53).
  public func values() -> [Double] {
    (0..<count).map { index in
      let carried = words[count + index] >> 43
      let low = words[count + index] - carried << 43
      return Double(words[index] + carried) * 0x1p-12 + Double(low) * 0x1p-55
    }
  }
}

/// A term that is no number to be added: training diverged.
public struct ExactSumError: ExitCoded, Hashable, CustomStringConvertible {
  /// Which of the sums.
  public let index: Int
  /// The term.
  public let value: Double

  /// The code to exit with.
  public var exitCode: ExitCode { .dataError }

  /// The message.
  public var description: String {
    "element \(index) of the hypergradient is \(value), which is divergence; lower a learning rate, or raise "
      + "the damping"
  }
}
