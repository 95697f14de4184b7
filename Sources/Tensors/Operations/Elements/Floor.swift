import CKernels
import Foundation

extension UnaryFunction {
  /// The largest whole number that is not above: a constant to a derivative.
  package static let floor = UnaryFunction(
    "floor", CK_FLOOR, isLight: true, value: { $0.rounded(.down) }
  ) { _, _, _, _ in nil }
}

/// The largest whole number that is not above an element; its derivative is 0. The least that is not below is -floor(-x).
public func floor(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.applying("floor", .floor, file, line)
}
