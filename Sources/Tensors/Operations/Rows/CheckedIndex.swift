/// The operand as it is: data that are whole numbers below a bound, which is checked when they are given.
struct CheckedIndex: ConstantOperation, View, IndexedOperation {
  let limit: Int
  let isLabel: Bool
  /// The largest whole number that is calculated from them, if any is: the precision must hold it exactly.
  var reach: Int?
  /// Whether none may be below the one before it.
  var isRising = false

  package var start: Int { 0 }

  package func values(_ operands: [Values], _ shape: Shape) -> [Double] { operands[0].numbers }

  func bound(_ shape: Shape, _ operands: [Shape]) -> IndexUse {
    IndexUse(operand: 0, bound: limit, isLabel: isLabel, reach: reach, isRising: isRising)
  }
}
