import BilevelOptimization
import Randomness
import Tensors

/// One pair of random quadratics, with its solution in closed form, by other means than the
/// engine's:
///
///     f = w'Aw/2 + w'Cu + a'w        F = w'Bw/2 + w'Du + u'Eu/2 + b'w + e'u
package struct QuadraticTask {
  private let lowerHessian: SymmetricMatrix  // A
  private let lowerCross: CrossMatrix  // C
  private let lowerSlope: [Double]  // a
  private let hessian: SymmetricMatrix  // B
  private let cross: CrossMatrix  // D
  private let upperHessian: SymmetricMatrix  // E
  private let slope: [Double]  // b
  private let upperSlope: [Double]  // e

  package init(_ settings: QuadraticSettings, seed: UInt64, index: Int) {
    var stream = RandomStream(seed: seed, purpose: .task, index: index)
    let (n, m) = (settings.lowerSize, settings.upperSize)
    func symmetric(_ size: Int) -> SymmetricMatrix {
      SymmetricMatrix(size, settings.smallestCurvature, settings.largestCurvature, &stream)
    }
    func normals(_ size: Int) -> [Double] { (0..<size).map { _ in stream.normal() } }
    lowerHessian = symmetric(n)
    lowerCross = CrossMatrix(n, m, settings.cross, &stream)
    lowerSlope = normals(n)
    hessian = symmetric(n)
    cross = CrossMatrix(n, m, settings.cross, &stream)
    upperHessian = symmetric(m)
    slope = normals(n)
    upperSlope = normals(m)
  }

  /// The arrays of both objectives.
  func examples() throws -> TaskExamples {
    let (n, m) = (slope.count, upperSlope.count)
    return TaskExamples(
      train: Examples(
        data: try dense(n, n) { lowerHessian * $0 }, target: DataArray(lowerSlope),
        extras: [.init("cross", try dense(n, m) { lowerCross * $0 })]),
      validate: Examples(
        data: try dense(n, n) { hessian * $0 }, target: DataArray(slope),
        extras: [
          .init("cross", try dense(n, m) { cross * $0 }),
          .init("upper-hessian", try dense(m, m) { upperHessian * $0 }),
          .init("upper-slope", DataArray(upperSlope)),
        ]))
  }

  /// The matrix behind a product, column by column.
  private func dense(
    _ rows: Int, _ columns: Int, _ product: ([Double]) -> [Double]
  ) throws -> DataArray {
    var values = [Double](repeating: 0, count: rows * columns)
    for column in 0..<columns {
      var unit = [Double](repeating: 0, count: columns)
      unit[column] = 1
      for (row, value) in product(unit).enumerated() { values[row * columns + column] = value }
    }
    return try DataArray([rows, columns], values)
  }

  /// The lower solution w*(u) = -(A^-1)(Cu + a).
  package func lowerSolution(_ u: [Double]) -> [Double] {
    lowerHessian.solution(for: sum(lowerCross * u, lowerSlope)).map { -$0 }
  }

  /// h = F(w*(u), u) and its gradient Eu + D'w + e - C'(A^-1)(Bw + Du + b).
  package func value(_ u: [Double]) -> (h: Double, gradient: [Double]) {
    let w = lowerSolution(u)
    let (bw, du, eu) = (hessian * w, cross * u, upperHessian * u)
    let h =
      0.5 * dot(w, bw) + dot(w, du) + 0.5 * dot(u, eu) + dot(slope, w) + dot(upperSlope, u)
    let v = lowerHessian.solution(for: sum(sum(bw, du), slope))
    let direct = sum(sum(eu, cross.transposedProduct(w)), upperSlope)
    return (h, zip(direct, lowerCross.transposedProduct(v)).map { $0 - $1 })
  }

  /// ||dF/dw|| at the lower solution: what a solve starts from.
  package func solveNorm(_ u: [Double]) -> Double {
    let g = sum(sum(hessian * lowerSolution(u), cross * u), slope)
    return dot(g, g).squareRoot()
  }

  private func sum(_ a: [Double], _ b: [Double]) -> [Double] { zip(a, b).map { $0 + $1 } }

  private func dot(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
  }
}
