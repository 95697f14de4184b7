import Models
import Tensors

/// Hypergradients by implicit differentiation: adapts, then d - C v with v from a linear solver on H v = g; see
/// ``Implicit``, whose work this is.
final class ImplicitDifferentiation: HypergradientMethod {
  let options: MethodOptions
  private let solver: any LinearSolver
  let needsCurvature: Bool
  let levels: any LevelPrograms
  private let algebra: VectorAlgebra
  private let scratch: VectorStore
  /// How the last solve went.
  private(set) var solve: SolveReport?
  /// The lower parameters, by name, that made the last solve's system inconsistent.
  private(set) var flatParameters: [String] = []
  /// What the present solve's tolerances are multiplied by, and what the lower optimiser knows of the gradients.
  private var tightness = 1.0
  private var secondMoment: Elements?

  private static let solution: KeptVector = "solution"

  /// What a task keeps for it.
  static func vectors(_ options: MethodOptions) -> [KeptVector] {
    options.isWarm ? [solution] : []
  }

  /// Makes room for solves.
  ///
  /// - Throws: `TensorError` where there is no memory; ``HypergradientError`` for options that the solver does not
  ///   have.
  init(_ levels: any LevelPrograms, _ options: MethodOptions) throws {
    self.levels = levels
    self.options = options
    algebra = levels.algebra
    scratch = try VectorStore(
      vectors: 5, count: levels.counts.lower, algebra.precision,
      for: "the vectors of the linear solve")
    let entry = (options.solver ?? .conjugateGradient).entry
    needsCurvature = entry.needsCurvature
    solver = try entry.make(options, levels.counts.lower, algebra)
  }

  var byteCount: Int { scratch.byteCount + solver.byteCount }

  /// v, after a solve for g / scale.
  private var solution: Elements { scratch[0] }

  func hypergradient(
    _ task: LowerTask, into hypergradient: inout [Double]
  ) throws -> MethodOutcome {
    try task.adapt()
    try task.loadSolve()
    return try differentiate(task.lower, task.data.validate, into: &hypergradient, task: task)
  }

  func keep(in state: LowerState) {
    guard options.isWarm else { return }
    state.keep(solution, at: 0)
  }

  /// The hypergradient at the lower program's point.
  ///
  /// - Parameters:
  ///   - lower: The lower program.
  ///   - validate: What the upper objective sees.
  ///   - hypergradient: Receives the hypergradient.
  ///   - task: The task that was adapted, if it was here.
  /// - Returns: What came about.
  /// - Throws: As ``Implicit/computeGradients(validate:auxiliaryModel:train:)``.
  func differentiate(
    _ lower: any LowerProgram, _ validate: Examples, into hypergradient: inout [Double],
    task: LowerTask? = nil
  ) throws -> MethodOutcome {
    let point = try AdaptedPoint(lower, validate, levels, task)
    let directions = options.restriction.directions(at: lower.point)
    let g = projected(point.g, directions)
    let scale = UnitScale(of: g)
    if directions == nil { try requireCurvature(lower, g) }
    lower.linearise()
    let hessian = LowerHessian(
      lower, damped: scratch[2], algebra, fresh: task.flatMap(FreshProducts.init))
    let system: any LinearOperator =
      directions.map { RestrictedOperator(hessian, $0, into: scratch[4]) } ?? hessian
    (tightness, secondMoment) = (task?.data.tightness ?? 1, task?.secondMoment)
    let report = try solve(
      hessian, system, lower, g, scale, from: guess(task, scale, directions))
    if report.reason == .breakdown { try requireFiniteHessian(lower, g) }
    let last = try hessian.programForMixed()
    last.vector.copy(from: solution)
    let mixed = last.mixedProduct()
    point.direct.subtract(scale.factor, times: mixed, into: &hypergradient)
    let error = error(of: report, mixed)
    if options.isWarm { algebra.scale(solution, by: scale.factor) }
    solve = report
    let flat = flatParameters.first.flatMap { name in
      levels.lowerParameters.firstIndex { $0.name == name }
    }
    let trust = SolveFigures.Trust(
      error: error, gradient: point.gradientNorm, startGradient: startGradient(of: task),
      curvature: report.smallestCurvature)
    return try point.outcome(
      hypergradient, figures: SolveFigures.values(report, trust, flat: flat),
      "raise the damping, or check the direct term",
      " (the solve ended by \(report.reason.rawValue))"
    ) { try last.originOfNonFinite(in: .mixed) }
  }

  /// The lower gradient's norm before the first of several steps that began anew; nil for others, of which one cannot tell how
  /// far they were to come.
  private func startGradient(of task: LowerTask?) -> Double? {
    guard let task, task.kept?.hasPoint != true, task.steps > 1 else { return nil }
    return task.startGradientNorm
  }

  /// The part of a vector in some directions; itself where they are all there are.
  private func projected(_ vector: Elements, _ directions: Restriction.Directions?) -> Elements {
    guard let directions else { return vector }
    scratch[3].copy(from: vector)
    directions.project(scratch[3])
    return scratch[3]
  }

  /// An estimate of the norm of what the solve's residual leaves wrong in the hypergradient: ||C v|| / ||v|| times
  /// ||residual|| / the smallest curvature, which bounds the error of v where it is the smallest eigenvalue. Not a number
  /// where curvature was not positive.
  private func error(of report: SolveReport, _ mixed: Elements) -> Double {
    if report.residual == 0 { return 0 }
    guard let curvature = report.smallestCurvature, curvature > 0 else { return .nan }
    let error = algebra.norm(mixed) / algebra.norm(solution) * (report.residual / curvature)
    return error.isFinite ? error : .nan
  }

  /// What the task's last solve found, in the size of this one, where it is to begin there.
  private func guess(
    _ task: LowerTask?, _ scale: UnitScale, _ directions: Restriction.Directions?
  ) -> Guess {
    guard options.isWarm, let kept = task?.kept?.keptVector(0) else { return .zero }
    scale.divide(kept, into: solution, algebra)
    directions?.project(solution)
    return .vector
  }

  /// Throws where the Hessian itself is not finite, and not only its product with what has grown: where that with a vector
  /// of length 1 is not, along the last direction of the solve or, where that was lost, along the right-hand side.
  private func requireFiniteHessian(_ lower: any LowerProgram, _ g: Elements) throws {
    if !algebra.norm(lower.vector).isFinite { lower.vector.copy(from: g) }
    let length = algebra.norm(lower.vector)
    guard length > 0 else { return }
    algebra.scale(lower.vector, by: 1 / length)
    // By its elements: the norm of large ones is beyond single precision.
    let product = lower.hessianVectorProduct()
    guard let element = (0..<product.count).first(where: { !product[$0].isFinite }) else { return }
    try levels.requireFinite(
      product[element], "the Hessian's product with a direction of the solve", "raise the damping"
    ) { try lower.originOfNonFinite(in: .hessian) }
  }

  /// Solves for g / scale into ``solution``, as the policy has it.
  private func solve(
    _ hessian: LowerHessian, _ operators: any LinearOperator, _ lower: any LowerProgram,
    _ g: Elements,
    _ scale: UnitScale, from guess: Guess
  ) throws -> SolveReport {
    hessian.damping = options.damping
    var report = try solveOnce(hessian, operators, lower, g, scale, from: guess)
    if options.negativeCurvature == .damp {
      for _ in 0..<Self.mostRetries where report.reason.isCurvature {
        hessian.damping = max(
          10 * hessian.damping, 2 * abs(report.smallestCurvature ?? 0), 1e-3 * report.hessianNorm)
        // Where H is nothing there is no scale that damping could be of.
        if hessian.damping == 0 { break }
        let earlier = report
        report = try solveOnce(hessian, operators, lower, g, scale, from: .zero)
        report.add(earlier: earlier)
      }
    }
    if report.reason.isCurvature, options.negativeCurvature == .stop {
      let curvature = report.smallestCurvature ?? 0
      throw HypergradientError(
        .negativeCurvature,
        "conjugate gradients met \(curvature < 0 ? "negative" : "no") curvature "
          + "\(curvature)\(words(for: flatParameters)) at step \(report.steps); raise the "
          + "damping or the proximal strength, or adapt for longer")
    }
    return report
  }

  private static var mostRetries: Int { 5 }

  private func solveOnce(
    _ hessian: LowerHessian, _ operators: any LinearOperator, _ lower: any LowerProgram,
    _ g: Elements,
    _ scale: UnitScale, from guess: Guess
  ) throws -> SolveReport {
    let system = LinearSystem(
      operators, g, scale, algebra, tightness: tightness, secondMoment: secondMoment)
    var report = solver.solve(system, from: guess, into: solution)
    try hessian.rethrow()
    flatParameters =
      report.reason == .inconsistent
      ? flatParameters(lower, hessian: report.hessianNorm) : []
    if options.checksResidual, !report.isResidualTrue {
      _ = system.measureResidual(at: solution, into: scratch[1], &report)
    }
    return report
  }

  /// Throws where H has rows of zeros, whatever the numbers, that g has a part in: the lower objective does not contain
  /// those parameters, or is linear in them. Damping gives every parameter curvature, and NS needs none.
  private func requireCurvature(
    _ lower: any LowerProgram, _ g: Elements
  ) throws(HypergradientError) {
    guard needsCurvature, options.k > 0, options.damping == 0 else { return }
    let flat = lower.flatParameters.filter { $0.range.contains { g[$0] != 0 } }
    guard !flat.isEmpty else { return }
    throw HypergradientError(
      .noCurvature,
      "the lower objective has no curvature\(words(for: flat.map(\.name))): it does not contain "
        + "them or is linear in them, but the upper objective depends on them, and LS has no "
        + "solution; add them to the lower objective, as an L2 term does, take them out of the lower "
        + "model, or set damping above 0")
  }

  /// The lower parameters, by name, in which H maps the lower program's vector to next to nothing; `norm` is an estimate of
  /// ||H||.
  private func flatParameters(_ lower: any LowerProgram, hessian norm: Double) -> [String] {
    let direction = lower.vector.values
    let product = lower.hessianVectorProduct().values
    let small = algebra.precision.epsilon.squareRoot()
    let largest = largestSize(direction[...])
    return levels.lowerParameters.filter { parameter in
      let part = largestSize(direction[parameter.range])
      return part > small * largest
        && largestSize(product[parameter.range]) <= small * norm * part
    }.map(\.name)
  }
}

private func largestSize(_ values: ArraySlice<Double>) -> Double {
  values.reduce(0) { max($0, $1.magnitude) }
}

/// In which parameters: for messages.
private func words(for parameters: [String]) -> String {
  guard !parameters.isEmpty else { return "" }
  let names = parameters.map { "'\($0)'" }.joined(separator: ", ")
  return " in lower parameter\(parameters.count == 1 ? "" : "s") \(names)"
}

extension Parameter {
  /// Its elements' places in the flat vector.
  var range: Range<Int> { offset..<offset + shape.count }
}
