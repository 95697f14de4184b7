import Randomness

/// A random orthogonal matrix Q, every one as likely up to signs: reflections that take the first
/// coordinate to a random direction of the whole space, the second to one of the rest, and so on
/// (Stewart, "The efficient generation of random orthogonal matrices", 1980).
package struct Rotation {
  /// Unit vectors, each shorter by one: a vector v reflects the last coordinates by I - 2 v v'.
  private let reflections: [[Double]]

  package init(_ size: Int, _ stream: inout RandomStream) {
    reflections = stride(from: size, to: 0, by: -1).map { count in
      Self.reflection(toward: (0..<count).map { _ in stream.normal() })
    }
  }

  /// What takes the first coordinate's axis to a direction or its opposite, whichever is farther.
  private static func reflection(toward direction: [Double]) -> [Double] {
    func norm(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 }.squareRoot() }
    var difference = direction
    difference[0] += direction[0] < 0 ? -norm(direction) : norm(direction)
    let length = norm(difference)
    return difference.map { $0 / length }
  }

  /// Q x
  package func applied(to x: [Double]) -> [Double] {
    var result = x
    for reflection in reflections.reversed() { reflect(&result, reflection) }
    return result
  }

  /// Q' x
  package func inverse(of x: [Double]) -> [Double] {
    var result = x
    for reflection in reflections { reflect(&result, reflection) }
    return result
  }

  private func reflect(_ x: inout [Double], _ reflection: [Double]) {
    let skipped = x.count - reflection.count
    var product = 0.0
    for (index, value) in reflection.enumerated() { product += value * x[skipped + index] }
    for (index, value) in reflection.enumerated() { x[skipped + index] -= 2 * product * value }
  }
}

/// A random symmetric matrix of given eigenvalues: Q diag(eigenvalues) Q'.
package struct SymmetricMatrix {
  private let eigenvalues: [Double]
  private let rotation: Rotation

  /// A matrix whose eigenvalues are equally spaced from the smallest to the largest; one alone is
  /// the smallest.
  package init(_ size: Int, _ smallest: Double, _ largest: Double, _ stream: inout RandomStream) {
    eigenvalues = (0..<size).map {
      smallest + (largest - smallest) * Double($0) / Double(max(size - 1, 1))
    }
    rotation = Rotation(size, &stream)
  }

  /// The product with a vector.
  package static func * (matrix: Self, x: [Double]) -> [Double] { matrix.scaled(x) { $0 * $1 } }

  /// The solution of (matrix) y = x, for eigenvalues that are not 0.
  package func solution(for x: [Double]) -> [Double] { scaled(x) { $0 / $1 } }

  private func scaled(_ x: [Double], _ combine: (Double, Double) -> Double) -> [Double] {
    rotation.applied(to: zip(rotation.inverse(of: x), eigenvalues).map(combine))
  }
}

/// A random matrix all of whose singular values are equal: strength * (the leading part of an
/// orthogonal matrix).
package struct CrossMatrix {
  package let rows: Int
  package let columns: Int
  private let strength: Double
  private let rotation: Rotation

  package init(_ rows: Int, _ columns: Int, _ strength: Double, _ stream: inout RandomStream) {
    self.rows = rows
    self.columns = columns
    self.strength = strength
    rotation = Rotation(max(rows, columns), &stream)
  }

  /// The product with a vector of `columns` elements.
  package static func * (matrix: Self, x: [Double]) -> [Double] {
    let padded = x + [Double](repeating: 0, count: max(matrix.rows - matrix.columns, 0))
    return matrix.rotation.applied(to: padded).prefix(matrix.rows).map { matrix.strength * $0 }
  }

  /// The transposed matrix's product with a vector of `rows` elements.
  package func transposedProduct(_ x: [Double]) -> [Double] {
    let padded = x + [Double](repeating: 0, count: max(columns - rows, 0))
    return rotation.inverse(of: padded).prefix(columns).map { strength * $0 }
  }
}
