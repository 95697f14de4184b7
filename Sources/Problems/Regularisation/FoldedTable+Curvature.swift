import Randomness

extension FoldedTable.Training {
  /// The largest eigenvalue of the mean of x x' over the standardised inputs x of these examples, by the power method (from
  /// below, within some per cent).
  ///
  /// - Parameters:
  ///   - table: The examples' table.
  ///   - seed: What the method's start is drawn from.
  /// - Returns: The eigenvalue.
  func largestSpread(in table: FoldedTable, seed: UInt64) -> Double {
    let inputs = zip(table.table.inputs, columns).map { column, standard in
      indices.map { standard(column[$0]) }
    }
    var stream = RandomStream(seed: seed, purpose: .initialisation, step: 1)
    var direction = inputs.map { _ in stream.normal() }
    var eigenvalue = 0.0
    for _ in 0..<Self.powerSteps {
      let length = direction.reduce(0) { $0 + $1 * $1 }.squareRoot()
      guard length > 0 else { return 0 }
      var projections = [Double](repeating: 0, count: indices.count)
      for (column, part) in zip(inputs, direction) {
        for row in column.indices { projections[row] += part / length * column[row] }
      }
      direction = inputs.map { column in
        zip(column, projections).reduce(0) { $0 + $1.0 * $1.1 } / Double(indices.count)
      }
      eigenvalue = direction.reduce(0) { $0 + $1 * $1 }.squareRoot()
    }
    return eigenvalue
  }

  private static var powerSteps: Int { 30 }

  /// The strength of an L1 penalty beyond which a linear model of these examples is 0: the largest slope of the mean loss in a
  /// weight there.
  ///
  /// - Parameter table: The examples' table.
  /// - Returns: The strength.
  func largestStrength(in table: FoldedTable) -> Double {
    // Standardised inputs have mean 0, so that what is the same in all rows has no slope.
    let signals = table.table.targets.signals(indices, target)
    return zip(table.table.inputs, columns).reduce(0) { largest, input in
      let column = indices.map { input.1(input.0[$0]) }
      let slopes = signals.map { zip($0, column).reduce(0) { $0 + $1.0 * $1.1 } }
      return slopes.reduce(largest) { max($0, abs($1) / Double(indices.count)) }
    }
  }
}
