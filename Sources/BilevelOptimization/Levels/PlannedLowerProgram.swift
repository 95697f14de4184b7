import Models
import Tensors

/// The lower objective and its derivatives, planned for one form of data.
final class PlannedLowerProgram: LowerProgram, FormedProgram {
  private static let name = "lower objective"

  /// The lists of the program, in their order.
  private enum List: Int {
    case task, shared, gradient, loss, direct, linearisation, hessian, mixed, transposed

    init(_ part: LowerProgramPart) {
      self =
        switch part {
        case .gradient: .gradient
        case .hessian: .hessian
        case .mixed: .mixed
        }
    }
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
  let isDrawn: Bool
  private let hasDirect, hasTransposed, hasFreshProducts: Bool
  /// The inputs' places and numbers, found once: a batch's run takes a microsecond.
  private var upper: UpperInput
  private let inputs: [Int]
  let point: Elements
  let vector: Elements
  var draws = MaskSource().lower(0)
  /// What the masks and noise that are set were drawn from.
  private var drawn: LowerMaskSource?
  var dependsOnUpper: Bool { formulas.dependsOnUpper }
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

  var stopped: StoppedGradients { trace.stopped }

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

  func gradient() -> Elements {
    findShared()
    return root(of: .gradient)
  }

  /// What the gradient and products both need, where it is found by itself.
  private func findShared() {
    if isDrawn { setDrawn() }
    if hasFreshProducts { program.run(List.shared.rawValue) }
  }

  var lastGradient: Elements { program.root(0, of: List.gradient.rawValue) }

  /// Has every mask leave everything in, and no noise, until ``draws`` are other ones.
  func drawNothing() {
    for input in trace.drawnInputs {
      switch input.law {
      case .mask: program.input(input.tensor).fill(1)
      case .noise: program.input(input.tensor).fill(0)
      }
    }
    drawn = draws
  }

  /// Sets masks and noise, where they are other ones.
  private func setDrawn() {
    guard drawn != draws else { return }
    for (place, drawn) in trace.drawnInputs.enumerated() {
      draws.set(program.input(drawn.tensor), at: place, drawn.law)
    }
    drawn = draws
  }

  func loss() -> Double { lossElement()[0] }

  /// The loss, where it is computed.
  func lossElement() -> Elements { root(of: .loss) }

  func direct() -> Elements {
    // What the loss has computed is not computed again.
    program.run(List.loss.rawValue)
    return root(of: .direct)
  }

  func linearise() {
    // What products share with df/du is computed with that.
    if hasDirect { _ = direct() }
    program.run(List.linearisation.rawValue)
  }

  func lineariseAlone() {
    if hasFreshProducts, !hasDirect {
      findShared()
    } else {
      _ = gradient()
    }
    linearise()
  }

  func hessianVectorProduct() -> Elements { root(of: .hessian) }

  func transposedProduct() -> Elements {
    hasTransposed ? root(of: .transposed) : hessianVectorProduct()
  }

  var strengths: Elements? {
    trace.strengths == nil ? nil : program.root(0, of: List.task.rawValue)
  }

  func mixedProduct() -> Elements { root(of: .mixed) }

  func originOfNonFinite(in part: LowerProgramPart) throws(TensorError) -> NonFiniteCause? {
    let roots = formulas.requests[List(part).rawValue].roots
    return try program.originOfNonFinite(in: roots, of: trace.graph).map {
      NonFiniteCause($0, trace, direction: formulas.direction, "train")
    }
  }
}
