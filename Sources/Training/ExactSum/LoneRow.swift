import BilevelOptimization

/// The sum of a single row on a single rank, with the bits that ``ExactSum`` gives it: each of its numbers is the multiple of
/// 2^(size - 84) nearest to it.
struct LoneRow {
  private var numbers: [Double]
  /// Whether there is no row but zeros.
  private var isZero = true

  /// Room for a row.
  init(count: Int) { numbers = [Double](repeating: 0, count: count) }

  /// Forgets the row.
  mutating func clear() { isZero = true }

  /// The numbers; all +0 where there is no row.
  var values: [Double] { isZero ? numbers.map { _ in 0 } : numbers }

  /// Takes a row.
  ///
  /// - Returns: Its size; nil where all its numbers are 0.
  /// - Throws: ``ExactSumError`` where a number is not finite; there is no row then.
  mutating func set(_ row: UnsafeBufferPointer<Double>) throws(ExactSumError) -> Int? {
    guard let size = try ExactSum.size(of: row) else { return nil }
    // Multiples of 2^(size - 84) are all that is near this number, and all that is not smaller is one.
    let least = Double(sign: .plus, exponent: size - 32, significand: 1)
    numbers.withUnsafeMutableBufferPointer { numbers in
      for index in numbers.indices {
        let number = row[index]
        let shift = Double(signOf: number, magnitudeOf: least)
        // Of a negative number that becomes 0 as well this is +0.
        numbers[index] = number.magnitude < least ? (number + shift) - shift : number
      }
    }
    isZero = false
    return size
  }
}
