extension UnsafeBufferPointer<Double> {
  /// The largest magnitude, 0 where there are no numbers; not a number where one of them is not finite.
  package var largestMagnitude: Double {
    typealias Lanes = SIMD8<Double>
    let bytes = UnsafeRawBufferPointer(self)
    let whole = count / Lanes.scalarCount
    var largest = Lanes(repeating: 0)
    // Stays 0 as long as numbers are finite.
    var lost = Lanes(repeating: 0)
    for block in 0..<whole {
      let x = bytes.loadUnaligned(
        fromByteOffset: block * MemoryLayout<Lanes>.size, as: Lanes.self)
      let size = x.replacing(with: -x, where: x .< 0)
      largest.replace(with: size, where: size .> largest)
      lost += x - x
    }
    let rest = self[(whole * Lanes.scalarCount)...]
    guard (rest.reduce(lost.sum()) { $0 + ($1 - $1) }) == 0 else { return .nan }
    return rest.reduce(largest.max()) { Swift.max($0, $1.magnitude) }
  }
}

extension [Double] {
  /// The same of an array.
  package var largestMagnitude: Double { withUnsafeBufferPointer(\.largestMagnitude) }
}
