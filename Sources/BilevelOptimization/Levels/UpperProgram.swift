import Models
import Tensors

/// The upper objective F(w, u) with its gradients g = dF/dw and d = dF/du, planned for one form of data.
package final class UpperProgram {
  private static let name = "upper objective"
  private let formulas: Formulas
  private let program: Program
  private var trace: Trace { formulas.trace }
  /// Whether F depends on the upper parameters itself: whether there is a direct term.
  var dependsOnUpper: Bool { formulas.dependsOnUpper }

  /// The objective and its gradients, not yet planned.
  struct Formulas {
    let repeated: RepeatedTrace
    let dependsOnUpper: Bool
    let requests: [ListRequest]

    var trace: Trace { repeated.trace }
  }

  init(_ formulas: Formulas, _ precision: Precision, _ kernels: KernelSet) throws {
    self.formulas = formulas
    program = try Program(
      formulas.trace.graph, formulas.requests, precision, kernels, for: Self.name)
  }

  static func formulas<Upper, Lower>(
    _ objective: @escaping Objective<Upper, Lower>, _ upperModel: Model<Upper>,
    _ lowerModel: Model<Lower>, _ form: Examples.Form
  ) throws -> Formulas {
    let repeated = try RepeatedTrace {
      try Trace(Self.name, objective, upperModel, lowerModel, form)
    }
    let trace = repeated.trace
    let (w, u) = (trace.lower, trace.upper)
    let gradients = trace.graph.gradients(of: trace.value, withRespectTo: [w, u])
    return Formulas(
      repeated: repeated, dependsOnUpper: gradients[1] != nil,
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

  /// What derivatives of F hold constant though it changes.
  var stopped: StoppedGradients { trace.stopped }

  /// Bytes of memory.
  var byteCount: Int { program.byteCount }

  /// Sets the upper parameters and the data.
  func load(_ upper: [Double], _ examples: Examples) throws {
    try formulas.repeated.use()
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

  /// The roots of the gradients' list.
  enum Root: Int { case loss, lower, direct }

  /// What first made a number in a root that is not finite: node by node, with what is set now.
  ///
  /// - Throws: `TensorError` of code `memory`.
  func originOfNonFinite(in root: Root) throws(TensorError) -> NonFiniteCause? {
    let roots = [formulas.requests[1].roots[root.rawValue]]
    return try program.originOfNonFinite(in: roots, of: trace.graph).map {
      NonFiniteCause($0, trace, direction: nil, "validate")
    }
  }
}
