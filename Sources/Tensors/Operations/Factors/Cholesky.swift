import CKernels

/// The lower triangular factor L of symmetric positive definite matrices [n, m, m]: L L' = A, of A's lower triangle. Its
/// derivatives are those for changes that are symmetric (I. Murray, Differentiation of the Cholesky decomposition, 2016).
package struct Cholesky: TracedOperation {
  package func cotangent(of node: Int, _ index: Int, _ d: Int, in graph: Graph) -> Int? {
    // A receives L^-T phi(L' dL) L^-1, made symmetric; phi takes the lower triangle with half of the diagonal.
    let inner = graph.lowerWithHalfDiagonal(graph.batchedProduct(node, d, transposeA: true))
    let left = graph.solve(node, inner, Triangle(), isTransposed: true)
    let turned = graph.solve(
      node, graph.permute(left, [0, 2, 1]), Triangle(), isTransposed: true)
    return graph.scale(graph.add(turned, graph.permute(turned, [0, 2, 1])), 0.5)
  }

  package func tangent(of node: Int, _ tangents: [Int?], in graph: Graph) -> Int? {
    guard let t = tangents[0] else { return nil }
    // L phi(L^-1 dA L^-T).
    let left = graph.solve(node, t, Triangle())
    let both = graph.solve(node, graph.permute(left, [0, 2, 1]), Triangle())
    return graph.batchedProduct(node, graph.lowerWithHalfDiagonal(both))
  }

  package func values(_ operands: [Values], _ shape: Shape) -> [Double] {
    let n = shape[1]
    var l = [Double](repeating: 0, count: shape.count)
    for start in stride(from: 0, to: shape.count, by: max(n * n, 1)) {
      for i in 0..<n {
        for j in 0...i {
          let sum = (0..<j).reduce(operands[0][start + i * n + j]) {
            $0 - l[start + i * n + $1] * l[start + j * n + $1]
          }
          l[start + i * n + j] = i == j ? sum.squareRoot() : sum / l[start + j * n + j]
        }
      }
    }
    return l
  }
}

/// Which triangle of a matrix counts, and how.
package struct Triangle: Hashable, Sendable {
  package var isUpper = false
  /// Whether its diagonal counts as ones.
  package var hasUnitDiagonal = false

  /// Whether an element of the matrix counts.
  func counts(_ i: Int, _ j: Int) -> Bool {
    i == j ? !hasUnitDiagonal : isUpper == (j > i)
  }
}

/// Z with T Z = B, of matrices [n, m, m] and [n, m, columns]; T a triangle, or all of a matrix where that is `nil`
/// (transposed or not).
package struct Solve: TracedOperation {
  package let triangle: Triangle?
  package let isTransposed: Bool

  package init(triangle: Triangle?, isTransposed: Bool) {
    (self.triangle, self.isTransposed) = (triangle, isTransposed)
  }

  package func cotangent(of node: Int, _ index: Int, _ d: Int, in graph: Graph) -> Int? {
    let matrix = graph.operand(node)
    let received = graph.solve(matrix, d, triangle, isTransposed: !isTransposed)
    if index == 1 { return received }
    let product =
      isTransposed
      ? graph.batchedProduct(node, received, transposeB: true)
      : graph.batchedProduct(received, node, transposeB: true)
    return graph.scale(graph.kept(product, triangle), -1)
  }

  package func tangent(of node: Int, _ tangents: [Int?], in graph: Graph) -> Int? {
    let change = tangents[0].map {
      graph.scale(
        graph.batchedProduct(graph.kept($0, triangle), node, transposeA: isTransposed), -1)
    }
    return graph.sum(of: tangents[1], change).map {
      graph.solve(graph.operand(node), $0, triangle, isTransposed: isTransposed)
    }
  }

  package func values(_ operands: [Values], _ shape: Shape) -> [Double] {
    let (n, m) = (shape[1], shape[2])
    var z = operands[1].numbers
    for q in 0..<shape[0] {
      var a = (0..<n * n).map { place in
        let (i, j) = isTransposed ? (place % n, place / n) : (place / n, place % n)
        guard let triangle else { return operands[0][q * n * n + i * n + j] }
        if i == j, triangle.hasUnitDiagonal { return 1 }
        return triangle.counts(i, j) ? operands[0][q * n * n + i * n + j] : 0
      }
      LinearEquations.solve(&a, &z, at: q * n * m, n, m)
    }
    return z
  }
}

/// log |det A| of each of some matrices [n, m, m].
package struct LogDeterminant: TracedOperation {
  package func cotangent(of node: Int, _ index: Int, _ d: Int, in graph: Graph) -> Int? {
    let inverse = graph.inverse(graph.operand(node), isTransposed: true)
    return graph.multiply(inverse, graph.spread(d, 1..<3, to: graph.shape(inverse)))
  }

  package func tangent(of node: Int, _ tangents: [Int?], in graph: Graph) -> Int? {
    tangents[0].map {
      graph.sum(graph.multiply(graph.inverse(graph.operand(node), isTransposed: true), $0), 1..<3)
    }
  }

  package func values(_ operands: [Values], _ shape: Shape) -> [Double] {
    let n = operands[0].shape[1]
    return (0..<shape[0]).map { q in
      var a = Array(operands[0].numbers[q * n * n..<(q + 1) * n * n])
      var nothing: [Double] = []
      return LinearEquations.solve(&a, &nothing, at: 0, n, 0)
    }
  }
}

extension Cholesky: Kernel {
  func emit(_ node: Int, into emission: inout Emission) {
    emission.call(\.cholesky, emission.triangle(node, nil, isTransposed: false))
  }
}

extension Solve: Kernel {
  func emit(_ node: Int, into emission: inout Emission) {
    emission.call(
      triangle == nil ? \.solve_matrix : \.solve_triangle,
      emission.triangle(node, triangle, isTransposed: isTransposed))
  }
}

extension LogDeterminant: Kernel {
  func emit(_ node: Int, into emission: inout Emission) {
    emission.call(\.log_determinants, emission.triangle(node, nil, isTransposed: false))
  }
}

extension ck_triangle: Descriptor {}

extension Emission {
  fileprivate func triangle(_ node: Int, _ kind: Triangle?, isTransposed: Bool) -> ck_triangle {
    let s = shape(node, operand: 0)
    let hasRight = operandCount(node) > 1
    return ck_triangle(
      count: Int64(s[0]), n: Int64(s[1]), columns: hasRight ? Int64(shape(node)[2]) : 0,
      upper: kind?.isUpper == true ? 1 : 0, transposed: isTransposed ? 1 : 0,
      unit: kind?.hasUnitDiagonal == true ? 1 : 0, a: place(node, operand: 0),
      b: hasRight ? place(node, operand: 1) : .nowhere, result: place(node))
  }
}

extension Graph {
  func cholesky(_ a: Int) -> Int { append(Cholesky(), [a], shape(a)) }

  /// Z with T Z = B; all of the matrix counts where no triangle is named.
  func solve(_ t: Int, _ b: Int, _ triangle: Triangle?, isTransposed: Bool = false) -> Int {
    if isZero(b) { return b }
    return append(Solve(triangle: triangle, isTransposed: isTransposed), [t, b], shape(b))
  }

  func inverse(_ a: Int, isTransposed: Bool = false) -> Int {
    let n = shape(a)[1]
    let identity = literal((0..<n * n).map { $0 / n == $0 % n ? 1 : 0 }, [n, n])
    return solve(a, spread(identity, 0..<1, to: shape(a)), nil, isTransposed: isTransposed)
  }

  func logDeterminant(_ a: Int) -> Int { append(LogDeterminant(), [a], [shape(a)[0]]) }

  /// The elements of matrices that count, 0 elsewhere.
  fileprivate func kept(_ a: Int, _ triangle: Triangle?) -> Int {
    guard let triangle else { return a }
    return weighted(a) { triangle.counts($0, $1) ? 1 : 0 }
  }

  fileprivate func lowerWithHalfDiagonal(_ a: Int) -> Int {
    weighted(a) { $0 == $1 ? 0.5 : $0 > $1 ? 1 : 0 }
  }

  private func weighted(_ a: Int, _ weight: (Int, Int) -> Double) -> Int {
    let n = shape(a)[1]
    let weights = literal((0..<n * n).map { weight($0 / n, $0 % n) }, [n, n])
    return weigh(spread(weights, 0..<1, to: shape(a)), a)
  }
}

/// Equations by elimination with pivots, with plain loops.
private enum LinearEquations {
  /// Solves for the rows of `b` from a place on; gives log |det a|. The matrix is used up.
  @discardableResult
  static func solve(
    _ a: inout [Double], _ b: inout [Double], at start: Int, _ n: Int, _ m: Int
  ) -> Double {
    var logarithm = 0.0
    for k in 0..<n {
      let pivot = (k..<n).max { abs(a[$0 * n + k]) < abs(a[$1 * n + k]) } ?? k
      for j in 0..<n where pivot != k { a.swapAt(k * n + j, pivot * n + j) }
      for j in 0..<m where pivot != k { b.swapAt(start + k * m + j, start + pivot * m + j) }
      logarithm += abs(a[k * n + k]).logarithm
      for i in k + 1..<max(n, k + 1) {
        let factor = a[i * n + k] / a[k * n + k]
        for j in k..<n { a[i * n + j] -= factor * a[k * n + j] }
        for j in 0..<m { b[start + i * m + j] -= factor * b[start + k * m + j] }
      }
    }
    for i in (0..<n).reversed() {
      for j in 0..<m {
        let sum = (i + 1..<max(n, i + 1)).reduce(b[start + i * m + j]) {
          $0 - a[i * n + $1] * b[start + $1 * m + j]
        }
        b[start + i * m + j] = sum / a[i * n + i]
      }
    }
    return logarithm
  }
}

extension Double {
  fileprivate var logarithm: Double { UnaryFunction.log.value(self) }
}
