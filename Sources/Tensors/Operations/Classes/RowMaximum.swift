import CKernels

/// The largest of each row of `[n, classes]`, at least the lowest finite number.
struct RowMaximum: LoopStep {
  func form(_ shape: Shape, _ operands: [Shape]) -> LoopForm? {
    var form = LoopForm(CK_MAX_COLUMNS, operands[0])
    (form.result, form.resultColumns) = (.column, operands[0][1])
    return form
  }
}
