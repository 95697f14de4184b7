/// Sums of vectors whose bits do not depend on the order in which they are added, for only integers are.
///
/// With 2^e the size of the largest number of all vectors, a number counts as the multiple of 2^(e - b) that is near it, where
/// b is 61 bits less those that adding so many vectors takes: as far below the largest as nothing in it can tell.
package struct ExactWords: Sendable {
  /// Sizes below count as this one: their numbers are near the least there are.
  private static let leastSize = -900
  /// The low bits of a word, beside the 42 high ones.
  private let lowBits: Int

  /// Sums of so many vectors, 1 to 2^16.
  package init(vectors: Int) {
    precondition((1...1 << 16).contains(vectors), "a sum of \(vectors) vectors has no room")
    lowBits = 20 - (Int.bitWidth - (vectors - 1).leadingZeroBitCount)
  }

  /// The size e of a number that is finite and not 0.
  package static func size(of largest: Double) -> Int { max(Int(largest.exponent), leastSize) }

  /// Adds factor times a vector to words, one for each element; `size` is that of the largest number of all vectors of the sum.
  package func add(
    _ vector: Elements, times factor: Double, to words: UnsafeMutableBufferPointer<Int64>, size: Int
  ) {
    precondition(vector.count == words.count, "elements and words differ in number")
    switch vector.precision {
    case .single:
      add(vector.base.assumingMemoryBound(to: Float.self), factor, words, size) { Double($0) }
    case .double:
      add(vector.base.assumingMemoryBound(to: Double.self), factor, words, size) { $0 }
    }
  }

  /// Adding 1.5 * 2^52 rounds to an integer and leaves it in the low bits: 42 of them first, then the rest.
  @inline(__always)
  private func add<Number>(
    _ numbers: UnsafeMutablePointer<Number>, _ factor: Double,
    _ words: UnsafeMutableBufferPointer<Int64>, _ size: Int, _ widened: (Number) -> Double
  ) {
    let shift = 0x1.8p52
    let scale = Self.power(29 - size)
    let lowScale = Self.power(12 + lowBits)
    let places = Int64(lowBits)
    for index in 0..<words.count {
      let x = widened(numbers[index]) * factor * scale
      let high = x * 0x1p12 + shift
      let low = (x - (high - shift) * 0x1p-12) * lowScale + shift
      words[index] &+=
        (Int64(bitPattern: high.bitPattern &- shift.bitPattern) &<< places)
        &+ Int64(bitPattern: low.bitPattern &- shift.bitPattern)
    }
  }

  /// Sets a vector to what words have added up to, rounded to its precision.
  package func set(_ vector: Elements, to words: UnsafeMutableBufferPointer<Int64>, size: Int) {
    precondition(vector.count == words.count, "elements and words differ in number")
    let unit = Self.power(size - 41 - lowBits)
    switch vector.precision {
    case .single:
      let target = vector.base.assumingMemoryBound(to: Float.self)
      for index in 0..<words.count { target[index] = Float(Double(words[index]) * unit) }
    case .double:
      let target = vector.base.assumingMemoryBound(to: Double.self)
      for index in 0..<words.count { target[index] = Double(words[index]) * unit }
    }
  }

  /// 2^exponent: sizes are such that it is a normal number.
  private static func power(_ exponent: Int) -> Double {
    Double(sign: .plus, exponent: exponent, significand: 1)
  }
}
