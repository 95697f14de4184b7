import Problems
import Randomness
import Testing

@Suite struct RotationTests {
  private static func stream(_ index: Int) -> RandomStream {
    RandomStream(seed: 7, purpose: .task, index: index)
  }

  private func unit(_ size: Int, _ place: Int) -> [Double] {
    (0..<size).map { $0 == place ? 1 : 0 }
  }

  private func dot(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
  }

  @Test(arguments: [1, 2, 5, 30]) func columnsAreOrthonormal(_ size: Int) {
    var stream = Self.stream(size)
    let rotation = Rotation(size, &stream)
    let columns = (0..<size).map { rotation.applied(to: unit(size, $0)) }
    for i in 0..<size {
      for j in 0...i {
        #expect(abs(dot(columns[i], columns[j]) - (i == j ? 1 : 0)) < 1e-13)
      }
      let back = rotation.inverse(of: columns[i])
      #expect(zip(back, unit(size, i)).allSatisfy { abs($0 - $1) < 1e-13 })
    }
  }

  /// Every direction is as likely for every axis: in n dimensions the mean square of each
  /// coordinate is 1/n.
  @Test func everyAxisGoesEverywhere() {
    let (size, count) = (3, 2000)
    for axis in 0..<size {
      var squares = [Double](repeating: 0, count: size)
      for index in 0..<count {
        var stream = Self.stream(index)
        let image = Rotation(size, &stream).applied(to: unit(size, axis))
        for place in 0..<size { squares[place] += image[place] * image[place] / Double(count) }
      }
      // The square of a coordinate has variance 4/45: five standard deviations.
      #expect(
        squares.allSatisfy { abs($0 - 1 / 3.0) < 5 * (4.0 / 45 / Double(count)).squareRoot() })
    }
  }

  @Test func symmetricMatricesHaveTheirEigenvalues() {
    var stream = Self.stream(0)
    let (n, low, high) = (6, 0.5, 3.0)
    let matrix = SymmetricMatrix(n, low, high, &stream)
    let columns = (0..<n).map { matrix * unit(n, $0) }
    for i in 0..<n { for j in 0..<n { #expect(abs(columns[i][j] - columns[j][i]) < 1e-13) } }
    // Sums of the eigenvalues 0.5, 1, ..., 3 and of their squares: trace and squared Frobenius
    // norm.
    var (trace, squares) = (0.0, 0.0)
    for i in 0..<n {
      trace += columns[i][i]
      squares += dot(columns[i], columns[i])
    }
    #expect(abs(trace - 10.5) < 1e-12)
    #expect(abs(squares - 22.75) < 1e-12)
    let x = [1.0, -2, 3, 0, 0.5, 4]
    let again = matrix.solution(for: matrix * x)
    #expect(zip(again, x).allSatisfy { abs($0 - $1) < 1e-12 })
  }

  @Test(arguments: [(4, 4), (5, 3), (3, 5), (1, 4)])
  func crossMatricesHaveEqualSingularValues(_ rows: Int, _ columns: Int) {
    var stream = Self.stream(1)
    let cross = CrossMatrix(rows, columns, 0.25, &stream)
    let images = (0..<columns).map { cross * unit(columns, $0) }
    #expect(images.allSatisfy { $0.count == rows })
    for row in 0..<rows {
      let transposed = cross.transposedProduct(unit(rows, row))
      #expect(transposed.count == columns)
      #expect((0..<columns).allSatisfy { abs(transposed[$0] - images[$0][row]) < 1e-15 })
    }
    let total = images.reduce(0) { $0 + dot($1, $1) }
    #expect(abs(total - 0.0625 * Double(min(rows, columns))) < 1e-14)
  }
}
