import Tensors

/// The power of two that brings a vector's largest magnitude to between 1 and 2.
///
/// A solve is linear in its right-hand side. Brought to this size, one that is a power of two larger is solved in the
/// same bits, and no square of its numbers is lost or too large, in single precision neither.
struct UnitScale {
  /// What the vector is to be divided by; 1 for one of zeros.
  let factor: Double
  /// The vector's largest magnitude; not finite where one of its numbers is not.
  let largest: Double

  /// The scale of a vector.
  init(of vector: Elements) {
    largest = vector.largestMagnitude
    guard largest > 0 else {
      factor = 1
      return
    }
    // Such that both it and its reciprocal are normal numbers of the precision.
    let most = vector.precision == .single ? 120 : 1_000
    let exponent = min(max(Int(largest.exponent), -most), most)
    factor = Double(sign: .plus, exponent: exponent, significand: 1)
  }

  /// The vector in that size, into another one.
  func divide(_ vector: Elements, into result: Elements, _ algebra: VectorAlgebra) {
    result.copy(from: vector)
    if factor != 1 { algebra.scale(result, by: 1 / factor) }
  }
}
