/// A square matrix in double precision, factored by elimination with row pivots (LU): for several right-hand sides.
struct DenseFactor {
  private let count: Int
  private var values: [Double]
  private var order: [Int]
  /// Whether a pivot was nothing beside the matrix, to its precision.
  private(set) var isSingular = false

  /// Factors a matrix.
  ///
  /// - Parameters:
  ///   - values: Row by row.
  ///   - count: Its rows.
  ///   - epsilon: The part of the largest element that a pivot must be above.
  init(_ values: [Double], count: Int, epsilon: Double) {
    self.values = values
    self.count = count
    order = Array(0..<count)
    let largest = values.reduce(0) { max($0, $1.magnitude) }
    for column in 0..<count { eliminate(column, least: epsilon * largest) }
  }

  private mutating func eliminate(_ column: Int, least: Double) {
    let n = count
    values.withUnsafeMutableBufferPointer { a in
      var pivot = column
      for row in column + 1..<max(n, column + 1)
      where abs(a[row * n + column]) > abs(a[pivot * n + column]) { pivot = row }
      guard abs(a[pivot * n + column]) > least else {
        isSingular = true
        return
      }
      if pivot != column {
        for index in 0..<n { a.swapAt(pivot * n + index, column * n + index) }
        order.swapAt(pivot, column)
      }
      for row in column + 1..<max(n, column + 1) where a[row * n + column] != 0 {
        let factor = a[row * n + column] / a[column * n + column]
        a[row * n + column] = factor
        for index in column + 1..<max(n, column + 1) {
          a[row * n + index] -= factor * a[column * n + index]
        }
      }
    }
  }

  /// x with A x = b, of a matrix that is not singular.
  func solve(_ b: [Double]) -> [Double] {
    var x = order.map { b[$0] }
    for row in 0..<count {
      for column in 0..<row { x[row] -= values[row * count + column] * x[column] }
    }
    for row in (0..<count).reversed() {
      for column in row + 1..<max(count, row + 1) {
        x[row] -= values[row * count + column] * x[column]
      }
      x[row] /= values[row * count + row]
    }
    return x
  }
}
