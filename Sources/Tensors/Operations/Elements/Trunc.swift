import CKernels
import Foundation

extension UnaryFunction {
  /// The whole number next to it towards 0: a constant to a derivative.
  package static let trunc = UnaryFunction(
    "trunc", CK_TRUNCATE, isLight: true, value: { $0.rounded(.towardZero) }
  ) { _, _, _, _ in nil }
}

/// An element without its fraction, the whole number next to it towards 0; its derivative is 0.
public func trunc(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.applying("trunc", .trunc, file, line)
}
