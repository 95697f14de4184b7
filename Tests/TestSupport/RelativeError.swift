/// The Euclidean norm.
package func norm(_ values: [Double]) -> Double {
  values.reduce(0) { $0 + $1 * $1 }.squareRoot()
}

/// The inner product.
package func dot(_ x: [Double], _ y: [Double]) -> Double {
  zip(x, y).reduce(0) { $0 + $1.0 * $1.1 }
}

/// ||x - y|| / ||y||, infinite where the lengths differ: sees the scale as well as the direction.
package func relativeDistance(_ x: [Double], _ y: [Double]) -> Double {
  guard x.count == y.count else { return .infinity }
  let distance = norm(zip(x, y).map { $0 - $1 })
  return distance == 0 ? 0 : distance / norm(y)
}

/// |x - y| / |y|.
package func relative(_ x: Double, _ y: Double) -> Double {
  x == y ? 0 : abs(x - y) / abs(y)
}
