import BilevelOptimization
import Randomness

/// What becomes of the examples of a lower step before the lower objective sees them, such as shifts of images. The solve and the
/// upper objective see them as they are.
public protocol Augmentation: Sendable {
  /// Changed examples, as many.
  ///
  /// - Parameters:
  ///   - examples: Those of a lower step.
  ///   - stream: Random numbers of this seed, upper step, task and lower step.
  /// - Returns: What the lower objective sees.
  /// - Throws: `TensorError` for examples of another shape.
  func callAsFunction(_ examples: Examples, _ stream: inout RandomStream) throws -> Examples
}
