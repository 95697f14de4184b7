extension SparseExamples {
  /// The largest eigenvalue of the mean of x x' over some rows x, by the power method (from below, within some per cent).
  ///
  /// - Parameters:
  ///   - rows: Which.
  ///   - constant: What is taken for another column of all rows: 1 for that of biases, 0 for none.
  /// - Returns: The eigenvalue.
  func largestSpread(_ rows: [Int], constant: Double = 0) -> Double {
    let own = matrix.rows(rows)
    var direction = [Double](repeating: 1, count: own.columnCount)
    var (last, eigenvalue) = (constant, 0.0)
    for _ in 0..<Self.powerSteps {
      let length = Self.length(direction, last)
      guard length > 0 else { return 0 }
      var next = [Double](repeating: 0, count: own.columnCount)
      var nextLast = 0.0
      for row in 0..<own.rowCount {
        let entries = own.starts[row]..<own.starts[row + 1]
        let product = entries.reduce(constant * last) {
          $0 + own.values[$1] * direction[Int(own.columns[$1])]
        }
        for entry in entries {
          next[Int(own.columns[entry])] +=
            own.values[entry] * product / length / Double(own.rowCount)
        }
        nextLast += constant * product / length / Double(own.rowCount)
      }
      (direction, last) = (next, nextLast)
      eigenvalue = Self.length(direction, last)
    }
    return eigenvalue
  }

  private static func length(_ vector: [Double], _ last: Double) -> Double {
    vector.reduce(last * last) { $0 + $1 * $1 }.squareRoot()
  }

  private static var powerSteps: Int { 20 }

  /// The strength of an L1 penalty beyond which a linear model of some rows is its biases alone: the largest slope of the mean
  /// loss in a weight there.
  ///
  /// - Parameters:
  ///   - rows: Which.
  ///   - standard: What quantities are standardised by.
  /// - Returns: The strength.
  func largestStrength(_ rows: [Int], standardisedBy standard: Standardisation?) -> Double {
    let (own, count) = (matrix.rows(rows), Double(rows.count))
    return targets.signals(rows, standard).reduce(0) { largest, signal in
      // Biases find what is the same in all rows.
      let mean = signal.reduce(0, +) / count
      var slopes = [Double](repeating: 0, count: own.columnCount)
      for row in 0..<own.rowCount {
        for entry in own.starts[row]..<own.starts[row + 1] {
          slopes[Int(own.columns[entry])] += own.values[entry] * (signal[row] - mean)
        }
      }
      return slopes.reduce(largest) { max($0, abs($1) / count) }
    }
  }
}
