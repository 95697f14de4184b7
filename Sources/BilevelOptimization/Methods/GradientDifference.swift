import Tensors

/// Central differences of the lower objective's gradients around a point, along a vector: Hessian and mixed products in two
/// gradients each (Liu, Simonyan and Yang, 2019, eq. 8).
struct GradientDifference {
  private let lower: any LowerProgram
  private let algebra: VectorAlgebra
  /// The point.
  private let point: Elements
  /// The length of the step.
  private let size: Double

  /// Around a program's point.
  ///
  /// - Parameters:
  ///   - lower: The program; its point is moved, and put back.
  ///   - point: A copy of its point.
  ///   - size: The length of the steps, above 0.
  ///   - algebra: Operations on vectors.
  init(_ lower: any LowerProgram, at point: Elements, size: Double, _ algebra: VectorAlgebra) {
    self.lower = lower
    self.algebra = algebra
    self.point = point
    self.size = size
  }

  /// (df/dw(w + e p) - df/dw(w - e p)) / 2e with e = size / ||p||, into `result`.
  func hessianProduct(_ p: Elements, into result: Elements) {
    differ(along: p, into: result) { lower.gradient() }
  }

  /// (df/du(w + e p) - df/du(w - e p)) / 2e, into `result`, which has the upper parameters' length.
  func mixedProduct(_ p: Elements, into result: Elements) {
    differ(along: p, into: result) {
      _ = lower.gradient()
      return lower.direct()
    }
  }

  private func differ(
    along p: Elements, into result: Elements, _ gradient: () -> Elements
  ) {
    let length = algebra.norm(p)
    guard length > 0 else { return algebra.clear(result) }
    let step = size / length
    lower.point.copy(from: point)
    algebra.add(step, p, to: lower.point)
    result.copy(from: gradient())
    lower.point.copy(from: point)
    algebra.add(-step, p, to: lower.point)
    algebra.add(-1, gradient(), to: result)
    algebra.scale(result, by: 1 / (2 * step))
    lower.point.copy(from: point)
  }
}
