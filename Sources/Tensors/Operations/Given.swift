/// Values that are there from the start.
package protocol GivenOperation: Operation {}

/// A tensor given from outside, by number.
package struct Input: GivenOperation {
  package let index: Int
}

/// Values that are written in the formula.
package protocol WrittenOperation: GivenOperation {
  var values: [Double] { get }
}

/// One number; its shape is `[]`.
package struct Constant: WrittenOperation {
  package let value: Double
  package var values: [Double] { [value] }
  package var number: Double? { value }
}

/// Numbers that are written in the formula.
package struct Literal: WrittenOperation {
  package let values: [Double]
}

extension Graph {
  func constant(_ value: Double) -> Int {
    append(Constant(value: value), [], .scalar)
  }

  /// A tensor of given numbers.
  func literal(_ values: [Double], _ shape: Shape) -> Int {
    if let first = values.first, values.allSatisfy({ $0 == first }) { return fill(first, shape) }
    return append(Literal(values: values), [], shape)
  }

  /// A tensor of one number.
  func fill(_ value: Double, _ shape: Shape) -> Int {
    spread(constant(value), 0..<shape.rank, to: shape)
  }

  /// The number that all elements are, where that is known.
  func constantValue(_ node: Int) -> Double? {
    switch operation(node) {
    case let constant as Constant: constant.value
    case is Spread, is Reshape: constantValue(operand(node))
    default: nil
    }
  }

  func isZero(_ node: Int) -> Bool { constantValue(node) == 0 }

  /// Whether a node has its value from the start.
  func isGiven(_ node: Int) -> Bool { operation(node) is any GivenOperation }
}
