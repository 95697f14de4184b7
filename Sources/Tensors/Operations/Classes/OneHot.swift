import CKernels

/// 1 at each row's class, else 0.
package struct OneHot: ConstantOperation {
  /// A label that is none, and need not be a class's number.
  package let ignored: Int?

  package func values(_ operands: [Values], _ shape: Shape) -> [Double] {
    operands[0].numbers.flatMap { label in (0..<shape[1]).map { Double($0) == label ? 1 : 0 } }
  }
}

extension OneHot: LoopStep {
  func form(_ shape: Shape, _ operands: [Shape]) -> LoopForm? {
    var form = LoopForm(CK_ONE_HOT, shape)
    form.reads = [(.column, shape[1])]
    return form
  }
}

extension OneHot: IndexedOperation {
  func bound(_ shape: Shape, _ operands: [Shape]) -> IndexUse {
    IndexUse(operand: 0, bound: shape[1], isLabel: true, exception: ignored)
  }
}
