import Models
import Tensors

/// The lower objective f(w, u) with the derivatives that adaptation and hypergradients need, planned for one form
/// of data. Where the lower level is a fixed point, w - phi(w, u) is what is called the gradient, its transposed
/// derivative by w the Hessian, half its squared norm the loss.
package final class LowerProgram: FormedProgram {
  private static let name = "lower objective"

  /// The lists of the program, in their order.
  enum List: Int {
    case task, shared, gradient, loss, direct, linearisation, hessian, mixed, transposed
  }

  /// The objective and its derivatives, not yet planned.
  struct Formulas {
    let repeated: RepeatedTrace
    let direction: Tensor
    let dependsOnUpper: Bool
    let flatParameters: [Parameter]
    let hasFreshProducts: Bool
    let requests: [ListRequest]

    var trace: Trace { repeated.trace }
  }

  let form: Examples.Form
  private let formulas: Formulas
  private let repeated: RepeatedTrace
  private let program: Program
  private let trace: Trace
  /// Whether the objective draws random numbers.
  let isDrawn: Bool
  private let hasDirect, hasTransposed, hasFreshProducts: Bool
  /// The inputs' places and numbers, found once: a batch's run takes a microsecond.
  private var upper: UpperInput
  private let inputs: [Int]
  /// The point w: set it, or change it in place.
  let point: Elements
  /// The vector v of the next product: set it, or change it in place.
  let vector: Elements
  /// What masks and noise are to be drawn from at the next gradient, and what those that are set were drawn from.
  var draws = MaskSource().lower(0)
  private var drawn: LowerMaskSource?
  /// Whether f depends on the upper parameters at all.
  var dependsOnUpper: Bool { formulas.dependsOnUpper }
  /// The lower parameters whose rows of the Hessian are zero whatever the numbers.
  var flatParameters: [Parameter] { formulas.flatParameters }

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
        optimisations: form.optimisations(convolutions))
    )
    (self.trace, self.program) = (trace, program)
    isDrawn = !trace.drawnInputs.isEmpty
    func has(_ list: List) -> Bool { !formulas.requests[list.rawValue].roots.isEmpty }
    (hasDirect, hasTransposed) = (has(.direct), has(.transposed))
    hasFreshProducts = formulas.hasFreshProducts
    (upper, point, vector) = (
      UpperInput(program.input(trace.upper), isRead: trace.value.depends(on: trace.upper)),
      program.input(trace.lower), program.input(formulas.direction)
    )
    inputs = trace.inputs.map { program.number(of: $0.tensor) }
  }

  /// Runs a list, and gives its root.
  private func root(of list: List) -> Elements {
    program.run(list.rawValue)
    return program.root(0, of: list.rawValue)
  }

  /// Traces an objective and its derivatives.
  ///
  /// - Parameters:
  ///   - objective: f, or phi.
  ///   - level: Which of them.
  ///   - penalty: The strengths of an L1 penalty that is added to f.
  ///   - upperModel: The upper model.
  ///   - lowerModel: The lower model.
  ///   - form: That of the examples.
  ///   - hasDirect: Whether df/du is wanted.
  ///   - hasFreshProducts: Whether products over other examples each are wanted, without the gradients of these.
  /// - Returns: The formulas, not yet planned.
  /// - Throws: As the trace; what the objective throws.
  static func formulas<Upper, Lower>(
    _ objective: @escaping Objective<Upper, Lower>, _ level: LowerLevel,
    penalty: Strengths<Upper, Lower>?, _ upperModel: Model<Upper>, _ lowerModel: Model<Lower>,
    _ form: Examples.Form, hasDirect: Bool, hasFreshProducts: Bool
  ) throws -> Formulas {
    let isMap = level == .fixedPoint
    let repeated = try RepeatedTrace {
      try Trace(
        Self.name, objective, upperModel, lowerModel, form,
        gives: isMap ? .lowerVector : .number, penalty: penalty, isTraining: true)
    }
    let trace = repeated.trace
    let graph = trace.graph
    let (w, u) = (trace.lower, trace.upper)
    let direction = graph.input(w.shape, stage: .vector)
    let gradient =
      isMap
      ? w - trace.value.reshaped(w.shape)
      : graph.gradients(of: trace.value, withRespectTo: [w])[0] ?? w.filled(0, w.shape)
    let loss = isMap ? 0.5 * gradient.squared.sum() : trace.value
    // Forward over reverse: H v is the gradient's tangent along v.
    let product = graph.tangents(of: [gradient], along: [(w, direction)])[0]
    let hessian =
      isMap ? graph.cotangents(of: [w], seeds: [(gradient, direction)])[0] : product
    let curved = hessian?.presentElements ?? []
    // C v is what u receives when the gradient receives v.
    let mixed = graph.cotangents(of: [u], seeds: [(gradient, direction)])[0]
    let direct =
      hasDirect
      ? graph.gradients(of: loss, withRespectTo: [u])[0] ?? u.filled(0, u.shape) : nil
    return Formulas(
      repeated: repeated, direction: direction,
      dependsOnUpper: mixed != nil || trace.value.depends(on: u),
      flatParameters: lowerModel.parameters.filter { parameter in
        !curved.contains { $0.overlaps(parameter.range) }
      },
      hasFreshProducts: hasFreshProducts,
      requests: [
        ListRequest("task", .task, trace.strengths.map { [$0] } ?? []),
        ListRequest(
          "shared", .point, sharedBy: hasFreshProducts ? [gradient] : [],
          and: [product, hessian, mixed].compactMap(\.self)),
        ListRequest("gradient", .point, [gradient]),
        ListRequest("loss", .point, [loss]),
        ListRequest("direct", .point, direct.map { [$0] } ?? []),
        // The last of its stage: all that products need of the point and no root does.
        ListRequest("linearisation", .point),
        ListRequest("hessian", .vector, [hessian ?? w.filled(0, w.shape)]),
        ListRequest("mixed", .vector, [mixed ?? u.filled(0, u.shape)]),
        ListRequest("transposed", .vector, isMap ? [product ?? w.filled(0, w.shape)] : []),
      ])
  }

  /// What derivatives of f hold constant though it changes.
  var stopped: StoppedGradients { trace.stopped }

  /// Bytes of memory.
  var byteCount: Int { program.byteCount }

  func isFor(_ examples: Examples) -> Bool { examples.have(form) }

  /// Sets the upper parameters and the data.
  func load(_ upper: [Double], _ examples: Examples) throws {
    try repeated.use()
    self.upper.set(upper)
    try trace.set(examples, in: program, inputs, "train")
    draws = MaskSource().lower(0)
    program.run(List.task.rawValue)
  }

  /// The gradient of f at the point, computed now; valid until the next call.
  func gradient() -> Elements {
    findShared()
    return root(of: .gradient)
  }

  /// What the gradient and products both need, where it is found by itself.
  private func findShared() {
    if isDrawn { setDrawn() }
    if hasFreshProducts { program.run(List.shared.rawValue) }
  }

  /// That of the last call, where there was no product since.
  var lastGradient: Elements { program.root(0, of: List.gradient.rawValue) }

  /// Sets masks and noise, where they are other ones.
  private func setDrawn() {
    guard drawn != draws else { return }
    for (place, drawn) in trace.drawnInputs.enumerated() {
      draws.set(program.input(drawn.tensor), at: place, drawn.law)
    }
    drawn = draws
  }

  /// f at the point of the last ``gradient()``.
  func loss() -> Double { root(of: .loss)[0] }

  /// df/du at the point of the last ``gradient()``, where the levels were made to have it; valid until the next call.
  func direct() -> Elements {
    // What the loss has computed is not computed again.
    program.run(List.loss.rawValue)
    return root(of: .direct)
  }

  /// Prepares products at the point of the last ``gradient()``.
  func linearise() {
    // What products share with df/du is computed with that.
    if hasDirect { _ = direct() }
    program.run(List.linearisation.rawValue)
  }

  /// Prepares products at the point, of which nobody asks for the gradient.
  func lineariseAlone() {
    if hasFreshProducts, !hasDirect {
      findShared()
    } else {
      _ = gradient()
    }
    linearise()
  }

  /// H v with H the Hessian of f in w at the linearised point; valid until the next call.
  func hessianVectorProduct() -> Elements { root(of: .hessian) }

  /// H' v: another product than H v where the lower level is a fixed point.
  func transposedProduct() -> Elements {
    hasTransposed ? root(of: .transposed) : hessianVectorProduct()
  }

  /// The strengths of the objective's L1 penalty; nil where it declares none.
  var strengths: Elements? {
    trace.strengths == nil ? nil : program.root(0, of: List.task.rawValue)
  }

  /// C v with C the mixed derivative of f in u and w; valid until the next call.
  func mixedProduct() -> Elements { root(of: .mixed) }

  /// What first made a number that is not finite in what a list computed last: node by node, with what is set now.
  ///
  /// - Throws: `TensorError` of code `memory`.
  func originOfNonFinite(in list: List) throws(TensorError) -> NonFiniteCause? {
    let roots = formulas.requests[list.rawValue].roots
    return try program.originOfNonFinite(in: roots, of: trace.graph).map {
      NonFiniteCause($0, trace, direction: formulas.direction, "train")
    }
  }
}
