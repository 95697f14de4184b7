import Models
import Tensors

/// The upper objective F(w, u) with its gradients g = dF/dw and d = dF/du, planned for one form of data.
final class UpperProgram {
  private let trace: Trace
  private let program: Program
  /// Whether F depends on the upper parameters itself: whether there is a direct term.
  let dependsOnUpper: Bool

  /// The objective and its gradients, not yet planned.
  struct Formulas {
    let trace: Trace
    let dependsOnUpper: Bool
    let requests: [ListRequest]
  }

  init(_ formulas: Formulas, _ precision: Precision, _ kernels: KernelSet) throws {
    (trace, dependsOnUpper) = (formulas.trace, formulas.dependsOnUpper)
    program = try Program(trace.graph, formulas.requests, precision, kernels)
  }

  static func formulas<Upper, Lower>(
    _ objective: Objective<Upper, Lower>, _ upperModel: Model<Upper>, _ lowerModel: Model<Lower>,
    _ form: Examples.Form
  ) throws -> Formulas {
    let trace = try Trace("upper objective", objective, upperModel, lowerModel, form)
    let (w, u) = (trace.lower, trace.upper)
    let gradients = trace.graph.gradients(of: trace.value, withRespectTo: [w, u])
    return Formulas(
      trace: trace, dependsOnUpper: gradients[1] != nil,
      requests: [
        ListRequest("task", .task),
        ListRequest(
          "gradients", .point,
          [
            trace.value, gradients[0] ?? w.filled(0, w.shape),
            gradients[1] ?? u.filled(0, u.shape),
          ]),
      ])
  }

  /// Bytes of memory.
  var byteCount: Int { program.byteCount }

  /// Sets the upper parameters and the data.
  func load(_ upper: [Double], _ examples: Examples) throws(TensorError) {
    program.input(trace.upper).set(upper)
    try trace.set(examples, in: program, "validate")
    program.run(0)
  }

  /// F, g and d at a point; valid until the next call.
  func evaluate(at point: Elements) -> (loss: Double, lower: Elements, direct: Elements) {
    program.input(trace.lower).copy(from: point)
    program.run(1)
    return (program.root(0, of: 1)[0], program.root(1, of: 1), program.root(2, of: 1))
  }
}
