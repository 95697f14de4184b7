import Foundation

/// Functions of rows with one number a class.
enum ClassValues {
  static func softmax(_ x: [Double], classes: Int) -> [Double] {
    eachRow(x, classes) { row in
      let (largest, total) = exponentials(row)
      return row.map { Foundation.exp($0 - largest) / total }
    }
  }

  static func logSumExp(_ x: [Double], classes: Int) -> [Double] {
    eachRow(x, classes) { row in
      let (largest, total) = exponentials(row)
      return [largest + Foundation.log(total)]
    }
  }

  static func oneHot(_ labels: [Double], classes: Int) -> [Double] {
    labels.flatMap { label in (0..<classes).map { Double($0) == label ? 1 : 0 } }
  }

  private static func eachRow(
    _ x: [Double], _ classes: Int, _ function: (ArraySlice<Double>) -> [Double]
  ) -> [Double] {
    guard classes > 0 else { return [] }
    return stride(from: 0, to: x.count, by: classes).flatMap { function(x[$0..<$0 + classes]) }
  }

  /// The largest, at least the lowest finite number, and the sum of exp(x - largest); not a number where one is none.
  private static func exponentials(
    _ row: ArraySlice<Double>
  ) -> (largest: Double, total: Double) {
    let largest = row.reduce(-Double.greatestFiniteMagnitude) { $0.isNaN || $0 > $1 ? $0 : $1 }
    return (largest, row.reduce(0) { $0 + Foundation.exp($1 - largest) })
  }
}
