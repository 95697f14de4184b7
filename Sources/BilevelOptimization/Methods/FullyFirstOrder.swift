import Tensors

/// F2SA (Kwon, Kwon, Wright and Nowak, 2023): two lower models, z of f alone and y of F + penalty f, and the hypergradient of
/// the penalised problem, dF/du(y) + penalty (df/du(y) - df/du(z)). T lower steps of plain descent:
///
///     z = z - a df/dw(z)     y = y - (a / penalty) (dF/dw(y) + penalty df/dw(y))
final class FullyFirstOrder: HypergradientMethod {
  static let entry = MethodEntry(
    name: "f2sa", about: "a penalty with two lower models, first-order throughout (F2SA)",
    needsDirect: true, needsObjective: true, vectors: { _ in ["other"] }, check: ValueFunction.check
  ) { levels, options, _ in try FullyFirstOrder(levels, options) }

  private let levels: any LevelPrograms
  private let options: MethodOptions
  private let algebra: VectorAlgebra
  /// z and y.
  private let scratch: VectorStore

  private init(_ levels: any LevelPrograms, _ options: MethodOptions) throws {
    self.levels = levels
    self.options = options
    algebra = levels.algebra
    scratch = try VectorStore(
      vectors: 2, count: levels.counts.lower, algebra.precision, for: "two lower models")
  }

  var byteCount: Int { scratch.byteCount }

  func keep(in state: LowerState) { state.keep(scratch[0], at: 0) }

  func hypergradient(
    _ task: LowerTask, into hypergradient: inout [Double]
  ) throws -> MethodOutcome {
    let (z, y) = (scratch[0], scratch[1])
    y.copy(from: task.lower.point)
    z.copy(from: task.kept?.keptVector(0) ?? y)
    let upper = try levels.upper(task.data.validate)
    for step in 0..<task.optimizer.schedule.steps {
      algebra.add(-options.rate, try task.gradient(step, at: z), to: z)
      let (_, g, _) = upper.evaluate(at: y)
      let slope = try task.gradient(step, at: y)
      algebra.add(-options.rate / options.penalty, g, to: y)
      algebra.add(-options.rate, slope, to: y)
    }
    try task.loadSolve()
    let lower = task.lower
    lower.point.copy(from: z)
    _ = lower.gradient()
    let atOther = lower.direct().values
    lower.point.copy(from: y)
    let point = try AdaptedPoint(lower, task.data.validate, levels, task)
    let atPoint = lower.direct()
    for index in hypergradient.indices {
      hypergradient[index] =
        point.direct[index] + options.penalty * (atPoint[index] - atOther[index])
    }
    return try point.outcome(hypergradient, figures: [])
  }
}

extension MethodName {
  /// `f2sa`: a penalty with two lower models.
  public static let fullyFirstOrder = MethodName(FullyFirstOrder.entry)
}
