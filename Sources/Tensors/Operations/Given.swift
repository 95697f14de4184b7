/// Values that are there from the start.
package protocol GivenOperation: Operation {}

/// A tensor given from outside, by number.
package struct Input: GivenOperation {
  package let index: Int
}

/// One number; its shape is `[]`.
package struct Constant: GivenOperation {
  package let value: Double
  package var number: Double? { value }
}

extension Graph {
  func constant(_ value: Double) -> Int {
    append(Constant(value: value), [], .scalar)
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
