import CKernels

/// Random numbers that belong to a seed, a purpose, a step and an index, and to nothing else: not
/// to a rank, a thread, a clock or the draws of another stream.
///
/// Numbers come from ``Philox`` with
///
///     key     = (seed, low word; seed, high word)
///     counter = (block, index, step, purpose)
///
/// where each block of 128 bits gives two draws of 64 bits, the low one first. No two streams share
/// a counter under one key, so for seeds of 64 bits, purposes, steps and indices of 32 bits and up
/// to 2^33 draws of 64 bits a stream there are no collisions. What lies outside these ranges traps.
///
/// This file fixes the bits of every draw, with additions, multiplications, divisions and square
/// roots as IEEE 754 rounds them, and without the mathematical library of the system: results are
/// the same on every machine and with every version of the standard library. (`random(in:using:)`
/// and `shuffled(using:)` of the standard library work too, but their bits are not promised.)
public struct RandomStream: RandomNumberGenerator, Sendable {
  private let key: SIMD2<UInt32>
  /// The counter of the next block; its first word is the number of the block.
  private var counter: SIMD4<UInt32>
  /// The last block was used.
  private var isExhausted = false
  /// The second half of the latest block, until it is drawn.
  private var spare: UInt64?

  /// Opens a stream at its beginning. A step or index outside its range traps.
  ///
  /// - Parameters:
  ///   - seed: The seed of the whole run.
  ///   - purpose: What the numbers are for.
  ///   - step: The upper step, in 0..<2^32.
  ///   - index: The number of the task, parameter or whatever else there are several of, in
  ///     0..<2^32.
  public init(seed: UInt64, purpose: RandomPurpose, step: Int = 0, index: Int = 0) {
    guard let step = UInt32(exactly: step), let index = UInt32(exactly: index) else {
      preconditionFailure("step \(step) or index \(index) of a random stream is not in 0..<2^32")
    }
    key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    counter = SIMD4(0, index, step, purpose.rawValue)
  }

  /// The next 64 random bits. One draw; the one after 2^33 traps.
  public mutating func next() -> UInt64 {
    if let spare {
      self.spare = nil
      return spare
    }
    precondition(!isExhausted, "a random stream gives no more than 2^33 draws")
    let block = Philox.block(counter: counter, key: key)
    counter[0] &+= 1
    isExhausted = counter[0] == 0
    spare = UInt64(block[2]) | UInt64(block[3]) << 32
    return UInt64(block[0]) | UInt64(block[1]) << 32
  }

  /// A number from [0, 1), uniform over the multiples of 2^-53. One draw.
  public mutating func uniform() -> Double {
    Double(next() >> 11) * 0x1p-53
  }

  /// Draws from a range, uniformly but for rounding. One draw.
  ///
  /// - Parameter range: Where from; neither empty nor wider than the largest finite number, or it traps.
  /// - Returns: A number in the range.
  public mutating func uniform(in range: Range<Double>) -> Double {
    let width = range.upperBound - range.lowerBound
    precondition(width > 0 && width.isFinite, "no uniform numbers in \(range)")
    // Rounding may reach the upper bound, which is not in the range.
    return min(range.lowerBound + width * uniform(), range.upperBound.nextDown)
  }

  /// Draws an integer, every one exactly as likely. One draw, seldom more.
  ///
  /// Source: Lemire, "Fast random integer generation in an interval", 2019.
  ///
  /// - Parameter bound: How many integers there are to draw from, at least 1, or it traps.
  /// - Returns: An integer in 0..<bound.
  public mutating func integer(below bound: Int) -> Int {
    Self.integer(below: bound) { next() }
  }

  /// The same from draws that are made elsewhere.
  @inline(__always)
  private static func integer(below bound: Int, _ draw: () -> UInt64) -> Int {
    precondition(bound > 0, "no integers below \(bound)")
    let bound = UInt64(bound)
    var product = draw().multipliedFullWidth(by: bound)
    if product.low < bound {
      // 2^64 mod bound: so many low words too many would favour some results.
      let excess = (0 &- bound) % bound
      while product.low < excess { product = draw().multipliedFullWidth(by: bound) }
    }
    return Int(product.high)
  }

  /// A number from the standard normal distribution, within 8.3 of 0. One draw.
  ///
  /// The inverse of the distribution function (Wichura, 1988, algorithm AS 241) at a probability that is uniform over
  /// the odd multiples of 2^-53 in (0, 1), hence exactly symmetric.
  public mutating func normal() -> Double {
    NormalQuantile.value(at: (Double(next() >> 12) + 0.5) * 0x1p-52)
  }

  /// Brings items into a random order, every order as likely (Fisher and Yates). About one draw an item.
  ///
  /// - Parameter items: What to shuffle; the draws depend on how many there are alone.
  public mutating func shuffle<Item>(_ items: inout [Item]) {
    drawToFront(items.count, of: &items)
  }

  /// Draws an order of the first integers, every order as likely.
  ///
  /// - Parameter count: How many integers, at least 0.
  /// - Returns: The numbers 0..<count in that order.
  public mutating func permutation(of count: Int) -> [Int] {
    choose(count, of: count)
  }

  /// Draws without putting back, every choice and order as likely.
  ///
  /// - Parameters:
  ///   - chosen: How many to draw, in 0...count, or it traps.
  ///   - count: How many there are to draw from.
  /// - Returns: Different numbers from 0..<count, in the order in which they were drawn: the first
  ///   ones of ``permutation(of:)`` from the same place of the stream.
  public mutating func choose(_ chosen: Int, of count: Int) -> [Int] {
    precondition(0 <= chosen && chosen <= count, "cannot choose \(chosen) of \(count)")
    var numbers = [Int](unsafeUninitializedCapacity: count) { numbers, filled in
      for number in 0..<count { numbers[number] = number }
      filled = count
    }
    drawToFront(chosen, of: &numbers)
    return chosen == count ? numbers : Array(numbers.prefix(chosen))
  }

  /// The first steps of Fisher and Yates; the last item has no choice and costs no draw.
  private mutating func drawToFront<Item>(_ chosen: Int, of items: inout [Item]) {
    let count = items.count
    let last = max(min(chosen, count - 1), 0)
    items.withUnsafeMutableBufferPointer { items in
      withUnsafeTemporaryAllocation(of: UInt64.self, capacity: Self.drawnAtOnce) { draws in
        var (used, filled) = (0, 0)
        for place in 0..<last {
          let other = Self.integer(below: count - place) {
            if used == filled {
              // As many as are needed at the least: none is drawn in vain.
              (used, filled) = (0, min(last - place, Self.drawnAtOnce))
              fill(UnsafeMutableBufferPointer(rebasing: draws[..<filled]))
            }
            used += 1
            return draws[used - 1]
          }
          items.swapAt(place, place + other)
        }
      }
    }
  }

  private static var drawnAtOnce: Int { 512 }

  /// The next draws, the same that ``next()`` gives one by one.
  private mutating func fill(_ draws: UnsafeMutableBufferPointer<UInt64>) {
    var place = 0
    if let spare, !draws.isEmpty {
      draws[0] = spare
      self.spare = nil
      place = 1
    }
    let blocks = (draws.count - place) / 2
    if let first = draws.baseAddress, !isExhausted, Int(counter[0]) + blocks <= UInt32.max {
      ck_philox(
        [key[0], key[1]], [counter[0], counter[1], counter[2], counter[3]], Int64(blocks),
        first + place)
      counter[0] += UInt32(blocks)
      place += 2 * blocks
    }
    while place < draws.count {
      draws[place] = next()
      place += 1
    }
  }
}
