import Models
import Tensors

/// The upper objective F(w, u) with its gradients g = dF/dw and d = dF/du, planned for one form of data.
package final class UpperProgram: FormedProgram {
  private static let name = "upper objective"
  let form: Examples.Form
  private let formulas: Formulas
  private let repeated: RepeatedTrace
  private let program: Program
  private let trace: Trace
  /// The inputs' places and numbers, and the roots' places, found once: a batch's run takes a microsecond.
  private var upper: UpperInput
  private let point: Elements
  private let inputs: [Int]
  private let loss, lowerGradient, direct: Elements
  /// Whether F depends on the upper parameters itself: whether there is a direct term.
  let dependsOnUpper: Bool

  /// The objective and its gradients, not yet planned.
  struct Formulas {
    let repeated: RepeatedTrace
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
    dependsOnUpper = formulas.dependsOnUpper
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
    func root(_ root: Root) -> Elements { program.root(root.place, of: root.list.rawValue) }
    (loss, lowerGradient, direct) = (root(.loss), root(.lower), root(.direct))
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
        ListRequest("loss", .point, [trace.value]),
        ListRequest(
          "gradients", .point,
          [gradients[0] ?? w.filled(0, w.shape), gradients[1] ?? u.filled(0, u.shape)]),
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
    program.run(List.task.rawValue)
  }

  /// F alone at a point.
  func loss(at point: Elements) -> Double {
    self.point.copy(from: point)
    program.run(List.loss.rawValue)
    return loss[0]
  }

  /// F, g and d at a point; valid until the next call.
  func evaluate(at point: Elements) -> (loss: Double, lower: Elements, direct: Elements) {
    let loss = loss(at: point)
    program.run(List.gradients.rawValue)
    return (loss, lowerGradient, direct)
  }

  /// The lists of the program, in their order: what F needs is computed before its gradients, and once.
  fileprivate enum List: Int { case task, loss, gradients }

  /// The roots of the lists.
  enum Root {
    case loss, lower, direct

    fileprivate var list: List { self == .loss ? .loss : .gradients }
    fileprivate var place: Int { self == .direct ? 1 : 0 }
  }

  /// What first made a number in a root that is not finite: node by node, with what is set now.
  ///
  /// - Throws: `TensorError` of code `memory`.
  func originOfNonFinite(in root: Root) throws(TensorError) -> NonFiniteCause? {
    let roots = [formulas.requests[root.list.rawValue].roots[root.place]]
    return try program.originOfNonFinite(in: roots, of: trace.graph).map {
      NonFiniteCause($0, trace, direction: nil, "validate")
    }
  }
}
