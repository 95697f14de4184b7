extension [Double] {
  /// The Euclidean norm, of numbers of any size: it is finite wherever it is a `Double`, and 0 only where all are 0.
  package var euclideanNorm: Double {
    let squared = sumOfSquares
    // Squares that neither overflowed nor vanished.
    if squared.isNaN || squared.isFinite && squared > 0x1p-900 { return squared.squareRoot() }
    let largest = reduce(0) { Swift.max($0, $1.magnitude) }
    guard largest > 0, largest.isFinite else { return largest }
    let factor = Double(
      sign: .plus, exponent: Swift.max(Int(largest.exponent), -1_000), significand: 1)
    return reduce(0) { $0 + ($1 / factor) * ($1 / factor) }.squareRoot() * factor
  }

  /// Added up in eight lanes, which do not wait for each other.
  private var sumOfSquares: Double {
    typealias Lanes = SIMD8<Double>
    return withUnsafeBytes { bytes in
      var sums = Lanes(repeating: 0)
      let whole = count / Lanes.scalarCount
      for block in 0..<whole {
        let x = bytes.loadUnaligned(
          fromByteOffset: block * MemoryLayout<Lanes>.size, as: Lanes.self)
        sums += x * x
      }
      return self[(whole * Lanes.scalarCount)...].reduce(sums.sum()) { $0 + $1 * $1 }
    }
  }
}
