/// When a value changes: a value is computed anew only when the inputs of its own stage, or an
/// earlier one, have changed. A node's stage is the latest of its operands' stages.
package enum Stage: Int, Comparable, Sendable {
  /// Never: numbers written in the objective.
  case constant
  /// With the task: its data and the upper parameters.
  case task
  /// With the point: the lower parameters.
  case point
  /// With the vector of a Hessian-vector or mixed product.
  case vector

  package static func < (a: Stage, b: Stage) -> Bool { a.rawValue < b.rawValue }
}
