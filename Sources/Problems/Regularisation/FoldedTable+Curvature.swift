import Randomness
import Tensors

extension FoldedTable.Training {
  /// The largest eigenvalue of the mean of x x' over the standardised inputs x of these examples, by the power method (from
  /// below, within some per cent).
  ///
  /// - Parameters:
  ///   - table: The examples' table.
  ///   - seed: What the method's start is drawn from.
  /// - Returns: The eigenvalue.
  /// - Throws: `TensorError` for arrays that do not fit each other.
  func largestSpread(in table: FoldedTable, seed: UInt64) throws(TensorError) -> Double {
    let inputs = try table.table.inputs.array(indices, columns)
    var stream = RandomStream(seed: seed, purpose: .initialisation, step: 1)
    var direction = columns.map { _ in stream.normal() }
    var eigenvalue = 0.0
    for _ in 0..<Self.powerSteps {
      let length = direction.reduce(0) { $0 + $1 * $1 }.squareRoot()
      guard length > 0 else { return 0 }
      let unit = direction.map { $0 / length }
      var sums = [Double](repeating: 0, count: columns.count)
      inputs.forEachRow { _, row in
        var projection = 0.0
        for column in row.indices { projection += unit[column] * row[column] }
        for column in row.indices { sums[column] += row[column] * projection }
      }
      direction = sums.map { $0 / Double(indices.count) }
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
  /// - Throws: `TensorError` for arrays that do not fit each other.
  func largestStrength(in table: FoldedTable) throws(TensorError) -> Double {
    // Standardised inputs have mean 0, so that what is the same in all rows has no slope.
    let signals = table.table.targets.signals(indices, target)
    var slopes = signals.map { _ in [Double](repeating: 0, count: columns.count) }
    try table.table.inputs.array(indices, columns).forEachRow { place, row in
      for (output, signal) in signals.enumerated() {
        for column in row.indices { slopes[output][column] += signal[place] * row[column] }
      }
    }
    return slopes.joined().reduce(0) { max($0, abs($1) / Double(indices.count)) }
  }
}
