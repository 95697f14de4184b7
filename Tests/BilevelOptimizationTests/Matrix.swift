/// A matrix in plain Swift, for closed forms.
struct Matrix {
  let rows: Int
  let columns: Int
  var values: [Double]

  init(_ rows: Int, _ columns: Int, _ value: (Int, Int) -> Double) {
    self.rows = rows
    self.columns = columns
    values = (0..<rows).flatMap { row in (0..<columns).map { value(row, $0) } }
  }

  init(_ rows: [[Double]]) {
    self.init(rows.count, rows[0].count) { rows[$0][$1] }
  }

  static func diagonal(_ values: [Double]) -> Matrix {
    Matrix(values.count, values.count) { $0 == $1 ? values[$0] : 0 }
  }

  static func identity(_ count: Int, times factor: Double = 1) -> Matrix {
    diagonal([Double](repeating: factor, count: count))
  }

  /// A symmetric matrix with given eigenvalues, in a basis made of two reflections.
  static func symmetric(eigenvalues: [Double]) -> Matrix {
    let count = eigenvalues.count
    let basis = reflection(count, seed: 1) * reflection(count, seed: 2)
    let product = basis * diagonal(eigenvalues) * basis.transposed
    return Matrix(count, count) { 0.5 * (product[$0, $1] + product[$1, $0]) }
  }

  static func reflection(_ count: Int, seed: UInt64) -> Matrix {
    let normal = numbers(count, seed: seed)
    let squared = normal.reduce(0) { $0 + $1 * $1 }
    return Matrix(count, count) { ($0 == $1 ? 1 : 0) - 2 * normal[$0] * normal[$1] / squared }
  }

  subscript(row: Int, column: Int) -> Double {
    get { values[row * columns + column] }
    set { values[row * columns + column] = newValue }
  }

  var transposed: Matrix { Matrix(columns, rows) { self[$1, $0] } }

  static func * (a: Matrix, b: Matrix) -> Matrix {
    Matrix(a.rows, b.columns) { row, column in
      (0..<a.columns).reduce(0) { $0 + a[row, $1] * b[$1, column] }
    }
  }

  static func * (a: Matrix, x: [Double]) -> [Double] {
    (0..<a.rows).map { row in (0..<a.columns).reduce(0) { $0 + a[row, $1] * x[$1] } }
  }

  static func + (a: Matrix, b: Matrix) -> Matrix {
    Matrix(a.rows, a.columns) { a[$0, $1] + b[$0, $1] }
  }

  /// x with self x = b, by elimination with pivots.
  func solve(_ b: [Double]) -> [Double] {
    var (matrix, x) = (self, b)
    for column in 0..<rows {
      let pivot = (column..<rows).max { abs(matrix[$0, column]) < abs(matrix[$1, column]) }!
      for index in 0..<rows {
        matrix.values.swapAt(column * rows + index, pivot * rows + index)
      }
      x.swapAt(column, pivot)
      for row in column + 1..<max(rows, column + 1) {
        let factor = matrix[row, column] / matrix[column, column]
        for index in column..<rows { matrix[row, index] -= factor * matrix[column, index] }
        x[row] -= factor * x[column]
      }
    }
    for row in (0..<rows).reversed() {
      for index in row + 1..<max(rows, row + 1) { x[row] -= matrix[row, index] * x[index] }
      x[row] /= matrix[row, row]
    }
    return x
  }
}

/// Numbers from -1 to 1 without a pattern, the same each time.
func numbers(_ count: Int, seed: UInt64 = 0) -> [Double] {
  var state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
  return (0..<count).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Double(state >> 11) / Double(1 << 52) - 1
  }
}

/// x + factor * y
func sum(_ x: [Double], _ y: [Double], times factor: Double = 1) -> [Double] {
  zip(x, y).map { $0 + factor * $1 }
}
