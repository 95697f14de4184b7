import Tensors

/// Implicit differentiation whose Hessian and mixed products are differences of gradients: nothing is differentiated twice,
/// at the price of the differences' error.
final class DifferenceDifferentiation: HypergradientMethod {
  static let entry = MethodEntry(
    name: "difference", about: "implicit differentiation by differences of gradients",
    figures: SolveFigures.all, alarms: SolveFigures.alarms, needsDirect: true, needsObjective: true,
    solver: SolverName.neumann.entry
  ) { levels, options, _ in try DifferenceDifferentiation(levels, options) }

  /// H by differences.
  private final class Hessian: LinearOperator {
    let vector: Elements
    private let result: Elements
    private let damping: Double
    private let difference: GradientDifference
    private let algebra: VectorAlgebra

    init(
      _ difference: GradientDifference, _ vector: Elements, _ result: Elements, damping: Double,
      _ algebra: VectorAlgebra
    ) {
      self.difference = difference
      self.vector = vector
      self.result = result
      self.damping = damping
      self.algebra = algebra
    }

    func product() -> Elements {
      difference.hessianProduct(vector, into: result)
      algebra.add(damping, vector, to: result)
      return result
    }
  }

  private let levels: any LevelPrograms
  private let options: MethodOptions
  private let algebra: VectorAlgebra
  private let solver: any LinearSolver
  private let scratch: VectorStore
  private let mixed: VectorStore

  private init(_ levels: any LevelPrograms, _ options: MethodOptions) throws {
    self.levels = levels
    self.options = options
    algebra = levels.algebra
    solver = try (options.solver ?? .neumann).entry.make(options, levels.counts.lower, algebra)
    scratch = try VectorStore(
      vectors: 4, count: levels.counts.lower, algebra.precision, for: "differences of gradients")
    mixed = try VectorStore(
      vectors: 1, count: levels.counts.upper, algebra.precision, for: "differences of gradients")
  }

  var byteCount: Int { scratch.byteCount + mixed.byteCount + solver.byteCount }

  func hypergradient(
    _ task: LowerTask, into hypergradient: inout [Double]
  ) throws -> MethodOutcome {
    try task.adapt()
    try task.loadSolve()
    let (lower, w, v) = (task.lower, scratch[0], scratch[1])
    let point = try AdaptedPoint(lower, task.data.validate, levels, task)
    w.copy(from: lower.point)
    let difference = GradientDifference(lower, at: w, size: options.difference, algebra)
    let hessian = Hessian(
      difference, scratch[2], scratch[3], damping: options.damping, algebra)
    let scale = UnitScale(of: point.g)
    let report = solver.solve(
      LinearSystem(
        hessian, point.g, scale, algebra, tightness: task.data.tightness,
        secondMoment: task.secondMoment), from: .zero, into: v)
    difference.mixedProduct(v, into: mixed[0])
    point.direct.subtract(scale.factor, times: mixed[0], into: &hypergradient)
    return try point.outcome(
      hypergradient, figures: SolveFigures.values(report, .unknown, flat: nil))
  }
}

extension MethodName {
  /// `difference`: implicit differentiation by differences of gradients.
  public static let difference = MethodName(DifferenceDifferentiation.entry)
}
