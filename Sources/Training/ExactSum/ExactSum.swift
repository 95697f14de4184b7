/// Sums of rows of numbers whose bits depend neither on the order of the rows nor on how they are
/// spread over ranks, for only integers are added.
///
/// Each number x with |x| < 2^30 becomes two integers,
///
///     hi = round(x * 2^12),   lo = round((x - hi * 2^-12) * 2^55),   |hi|, |lo| <= 2^42,
///
/// ties to even. Only the last rounding loses anything: scaling by powers of two is exact, and so is
/// the difference, which is a multiple of the last place of x and no larger than x (or x itself,
/// where hi = 0). So a number counts as the multiple of 2^-55 nearest to it, at most 2^-56 away:
/// a `Float` from 2^-32 on and a `Double` from 2^-3 on keep all their bits.
///
/// Up to 2^20 rows fit: sums of hi and of lo stay within 2^62.
package struct ExactSum: Sendable {
  /// How many rows one sum has room for.
  package static let maximumTerms = 1 << 20
  /// Magnitudes must be below this one.
  package static let limit = 0x1p30

  /// How many numbers a row has.
  package let count: Int
  /// How many rows were added here since the last ``clear()``, by ``merge(_:)`` too.
  package private(set) var terms = 0
  /// All hi, then all lo.
  private var storage: [Int64]

  /// An empty sum.
  ///
  /// - Parameter count: How many numbers a row has.
  package init(count: Int) {
    self.count = count
    storage = [Int64](repeating: 0, count: 2 * count)
  }

  /// The integers that stand for the sum: those of several ranks, added word by word, are the sum of
  /// all their rows. First all hi, then all lo, 2 * ``count`` words.
  ///
  /// Setting them does not change ``terms``: whoever adds words over ranks sees to it that no more
  /// than ``maximumTerms`` rows are in them.
  package var words: [Int64] {
    get { storage }
    set {
      precondition(newValue.count == 2 * count, "an exact sum of \(count) has \(2 * count) words")
      storage = newValue
    }
  }

  /// Forgets all rows.
  package mutating func clear() {
    terms = 0
    storage.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
  }

  /// Adds a row.
  ///
  /// - Parameter row: ``count`` numbers.
  /// - Throws: ``ExactSumError`` where a number is not finite or not below ``limit``, or the sum is
  ///   full; the sum is then as it was.
  package mutating func add(_ row: UnsafeBufferPointer<Double>) throws(ExactSumError) {
    try addRow(row)
  }

  /// Adds a row of `Float`, each as the `Double` of the same value.
  ///
  /// - Parameter row: ``count`` numbers.
  /// - Throws: ``ExactSumError`` where a number is not finite or not below ``limit``, or the sum is
  ///   full; the sum is then as it was.
  package mutating func add(_ row: UnsafeBufferPointer<Float>) throws(ExactSumError) {
    try addRow(row)
  }

  /// Adds the rows of another sum.
  ///
  /// - Parameter other: A sum of rows as long as these.
  /// - Throws: ``ExactSumError`` where there is no room for as many rows; the sum is then as it was.
  package mutating func merge(_ other: ExactSum) throws(ExactSumError) {
    precondition(other.count == count, "a sum of \(other.count) is merged into one of \(count)")
    try makeRoom(for: other.terms)
    for index in storage.indices { storage[index] &+= other.storage[index] }
  }

  /// Whether one word a number has room for the sum over `ranks` sums with numbers like these.
  ///
  /// With H and L the sums of hi and lo, the word is H * 2^43 + L, where |L| is at most half of
  /// ``terms`` * 2^43. So it stays within 2^62 / ranks where |H| + terms / 2 <= 2^19 / ranks; the
  /// bound that is asked of H here is a power of two, which one addition and a mask compare with.
  package func fitsSingleWords(over ranks: Int) -> Bool {
    let room = (1 << 19) / ranks - (terms + 1) / 2
    guard room > 0 else { return false }
    let bound = Int64(1) << (Int64.bitWidth - 1 - room.leadingZeroBitCount)
    let outside = ~(2 * bound - 1)
    return storage.withUnsafeBufferPointer { words in
      var beyond: Int64 = 0
      for index in 0..<count { beyond |= (words[index] &+ bound) & outside }
      return beyond == 0
    }
  }

  /// Replaces this sum by the one over all ranks, which `sum` adds up word by word in place.
  ///
  /// ``terms`` stays as it was.
  ///
  /// - Parameters:
  ///   - inSingleWords: Whether the numbers travel in one word each, in half as many bytes: the same
  ///     on every rank, and only where ``fitsSingleWords(over:)`` holds on all of them. The sum has
  ///     the same bits either way.
  ///   - sum: Replaces each word by the sum of all ranks' words at its index.
  /// - Throws: What `sum` throws.
  package mutating func reduce<Failure: Error>(
    inSingleWords: Bool, by sum: (UnsafeMutableBufferPointer<Int64>) throws(Failure) -> Void
  ) throws(Failure) {
    let count = count
    try storage.withUnsafeMutableBufferPointer { words throws(Failure) in
      guard inSingleWords else { return try sum(words) }
      // L takes H in.
      let highs = UnsafeMutableBufferPointer(rebasing: words[..<count])
      let lows = UnsafeMutableBufferPointer(rebasing: words[count...])
      for index in 0..<count {
        lows[index] &+= highs[index] << 43
        highs[index] = 0
      }
      try sum(lows)
    }
  }

  /// The sums, as near as a `Double` can be.
  ///
  /// With H and L the sums of hi and lo, the value is H * 2^-12 + L * 2^-55, and it is rounded just
  /// once: write L = c * 2^43 + l with 0 <= l < 2^43 and H + c = a * 2^10 + b with 0 <= b < 2^10.
  /// Then the value is a * 2^-2 + (b * 2^43 + l) * 2^-55, where |a| <= 2^52 + 1 and the bracket is
  /// below 2^53: both are doubles without rounding, and IEEE 754 rounds their sum to the nearest.
  ///
  /// So the error is at most half a unit in the last place of the result, besides what ``add(_:)``
  /// lost: at most 2^-56 a row. A sum of zero is +0.
  ///
  /// - Returns: ``count`` numbers.
  package func values() -> [Double] {
    let count = count
    return [Double](unsafeUninitializedCapacity: count) { values, initialized in
      storage.withUnsafeBufferPointer { words in
        for index in 0..<count {
          let low = words[count + index]
          let high = words[index] &+ low >> 43
          let rest = (high & 0x3FF) << 43 | (low & 0x7FF_FFFF_FFFF)
          values[index] = Double(high >> 10) * 0x1p-2 + Double(rest) * 0x1p-55
        }
      }
      initialized = count
    }
  }

  @inline(__always)
  private mutating func addRow<Number: BinaryFloatingPoint>(
    _ row: UnsafeBufferPointer<Number>
  ) throws(ExactSumError) {
    precondition(row.count == count, "a row of \(row.count) is added to an exact sum of \(count)")
    try Self.check(row)
    try makeRoom(for: 1)
    storage.withUnsafeMutableBufferPointer { words in
      for index in 0..<count {
        // Adding 1.5 * 2^52 rounds to an integer and leaves it in the low bits.
        let shift = 0x1.8p52
        let x = Double(row[index])
        let high = x * 0x1p12 + shift
        let low = (x - (high - shift) * 0x1p-12) * 0x1p55 + shift
        words[index] &+= Int64(bitPattern: high.bitPattern &- shift.bitPattern)
        words[count + index] &+= Int64(bitPattern: low.bitPattern &- shift.bitPattern)
      }
    }
  }

  /// Whether the numbers of a row can be added.
  ///
  /// - Throws: ``ExactSumError`` where one is not finite or not below ``limit``.
  @inline(__always)
  package static func check<Number: BinaryFloatingPoint>(
    _ row: UnsafeBufferPointer<Number>
  ) throws(ExactSumError) {
    // A loop without exits, for vectors; NaN compares false.
    var fits = true
    for number in row { fits = (Double(number).magnitude < limit) && fits }
    guard fits else { throw divergence(in: row) }
  }

  private mutating func makeRoom(for more: Int) throws(ExactSumError) {
    guard terms + more <= Self.maximumTerms else { throw .tooManyTerms(terms + more) }
    terms += more
  }

  private static func divergence<Number: BinaryFloatingPoint>(
    in row: UnsafeBufferPointer<Number>
  ) -> ExactSumError {
    let index = row.firstIndex { !(Double($0).magnitude < limit) } ?? 0
    return .diverged(index: index, value: Double(row[index]))
  }
}
