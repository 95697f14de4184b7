import Models
import Tensors

/// The upper objective F(w, u), planned for one form of data.
package class UpperProgram: FormedProgram {
  private static let name = "upper objective"
  let form: Examples.Form
  fileprivate let formulas: Formulas
  private let repeated: RepeatedTrace
  private let program: Program
  private let trace: Trace
  /// The inputs' places and numbers, and the roots' places, found once: a batch's run takes a microsecond.
  private var upper: UpperInput
  private let point: Elements
  private let inputs: [Int]
  private let loss: Elements

  /// The objective, perhaps with its gradients, not yet planned.
  struct Formulas {
    let repeated: RepeatedTrace
    /// Whether there is a gradient by the upper parameters.
    let dependsOnUpper: Bool
    let requests: [ListRequest]

    var trace: Trace { repeated.trace }
  }

  /// Plans formulas for examples of a form.
  init(
    _ formulas: Formulas, _ form: Examples.Form, _ precision: Precision, _ kernels: KernelSet,
    _ convolutions: ConvolutionRule
  ) throws {
    self.formulas = formulas
    self.form = form
    repeated = formulas.repeated
    let (trace, program) = (
      formulas.trace,
      try Program(
        formulas.trace.graph, formulas.requests, precision, kernels, for: Self.name,
        optimisations: convolutions.optimisations)
    )
    (self.trace, self.program) = (trace, program)
    upper = UpperInput(program.input(trace.upper), isRead: trace.value.depends(on: trace.upper))
    point = program.input(trace.lower)
    inputs = trace.inputs.map { program.number(of: $0.tensor) }
    loss = program.root(Root.loss.rawValue, of: 1)
  }

  /// Traces an objective, and its gradients where they are wanted.
  static func formulas<Upper, Lower>(
    _ objective: @escaping Objective<Upper, Lower>, _ upperModel: Model<Upper>,
    _ lowerModel: Model<Lower>, _ form: Examples.Form, hasGradients: Bool
  ) throws -> Formulas {
    let repeated = try RepeatedTrace {
      try Trace(Self.name, objective, upperModel, lowerModel, form)
    }
    let trace = repeated.trace
    let variables = hasGradients ? [trace.lower, trace.upper] : []
    let gradients = trace.graph.gradients(of: trace.value, withRespectTo: variables)
    return Formulas(
      repeated: repeated, dependsOnUpper: hasGradients && gradients[1] != nil,
      requests: [
        ListRequest("task", .task),
        ListRequest(
          hasGradients ? "gradients" : "loss", .point,
          [trace.value] + zip(gradients, variables).map { $0 ?? $1.filled(0, $1.shape) }),
      ])
  }

  /// What derivatives of F hold constant though it changes.
  var stopped: StoppedGradients { trace.stopped }

  /// Bytes of memory.
  var byteCount: Int { program.byteCount }

  func isFor(_ examples: Examples) -> Bool { examples.have(form) }

  /// Sets the upper parameters and the data.
  func load(_ upper: [Double], _ examples: Examples) throws {
    try repeated.use()
    self.upper.set(upper)
    try trace.set(examples, in: program, inputs, "validate")
    program.run(0)
  }

  /// F at a point.
  func loss(at point: Elements) -> Double {
    self.point.copy(from: point)
    program.run(1)
    return loss[0]
  }

  /// The roots of the list.
  enum Root: Int { case loss, lower, direct }

  /// Where a gradient is, once the objective has been evaluated.
  fileprivate func gradient(_ root: Root) -> Elements { program.root(root.rawValue, of: 1) }

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

/// The upper objective with its gradients g = dF/dw and d = dF/du.
package final class UpperGradients: UpperProgram {
  private lazy var lower = gradient(.lower)
  private lazy var direct = gradient(.direct)
  /// Whether F depends on the upper parameters itself: whether there is a direct term.
  var dependsOnUpper: Bool { formulas.dependsOnUpper }

  /// F, g and d at a point; valid until the next call.
  func evaluate(at point: Elements) -> (loss: Double, lower: Elements, direct: Elements) {
    (loss(at: point), lower, direct)
  }
}
