extension [Double] {
  /// The Euclidean norm, of numbers of any size: it is finite wherever it is a `Double`, and 0 only where all are 0.
  package var euclideanNorm: Double {
    let squared = reduce(0) { $0 + $1 * $1 }
    // Squares that neither overflowed nor vanished.
    if squared.isNaN || squared.isFinite && squared > 0x1p-900 { return squared.squareRoot() }
    let largest = reduce(0) { Swift.max($0, $1.magnitude) }
    guard largest > 0, largest.isFinite else { return largest }
    let factor = Double(
      sign: .plus, exponent: Swift.max(Int(largest.exponent), -1_000), significand: 1)
    return reduce(0) { $0 + ($1 / factor) * ($1 / factor) }.squareRoot() * factor
  }
}
