import Tensors

/// Penalties of the value function q(w, u) = f(w, u) - f(w', u), with w' some steps of plain descent on f from w, a constant:
/// w and u both move along dF + multiplier dq. The multiplier is fixed (V-PBGD: Shen and Chen, 2023), or such that q falls
/// (BOME: Liu et al., 2022, eq. 6): max(0, penalty - <dF, dq> / ||dq||^2).
final class ValueFunction: HypergradientMethod {
  static let fixed = entry("v-pbgd", "a fixed penalty of the value function (V-PBGD)") { _ in nil }
  static let adaptive = entry("bome", "a penalty by which the value function falls (BOME)") {
    $0.penalty
  }

  private static func entry(
    _ name: String, _ about: String, _ eta: @escaping @Sendable (MethodOptions) -> Double?
  ) -> MethodEntry {
    MethodEntry(
      name: name, about: about,
      figures: [
        Figure(
          "value_gap", "value gap", chart: "f at the lower parameters less f after descent", .mean),
        Figure("multiplier", "multiplier", chart: "Multiplier of the penalty", .mean),
      ], needsDirect: true, needsObjective: true, check: check
    ) { levels, options, _ in try ValueFunction(levels, options, eta: eta(options)) }
  }

  /// Penalty methods make lower steps of their own.
  static let check:
    @Sendable (MethodOptions, any LowerOptimizer) throws(HypergradientError) -> Void = {
      options, optimizer throws(HypergradientError) in
      try HypergradientError.require(
        options.keepsPoint && optimizer is GradientDescent,
        "penalty methods move the lower parameters of the last upper step, by plain descent; the lower "
          + "optimiser must be descent (sgd), and the start previous")
    }

  private let levels: any LevelPrograms
  private let options: MethodOptions
  private let algebra: VectorAlgebra
  /// The least part of ||dq||^2 by which q is to fall; nil where the multiplier is fixed.
  private let eta: Double?
  /// w, and w'.
  private let scratch: VectorStore

  private init(_ levels: any LevelPrograms, _ options: MethodOptions, eta: Double?) throws {
    self.levels = levels
    self.options = options
    self.eta = eta
    algebra = levels.algebra
    scratch = try VectorStore(
      vectors: 2, count: levels.counts.lower, algebra.precision, for: "two lower models")
  }

  var byteCount: Int { scratch.byteCount }

  func hypergradient(
    _ task: LowerTask, into hypergradient: inout [Double]
  ) throws -> MethodOutcome {
    let (w, descended) = (scratch[0], scratch[1])
    w.copy(from: task.lower.point)
    descended.copy(from: w)
    for step in 0..<task.optimizer.schedule.steps {
      algebra.add(-options.rate, try task.gradient(step, at: descended), to: descended)
    }
    try task.loadSolve()
    let lower = task.lower
    lower.point.copy(from: descended)
    _ = lower.gradient()
    let (least, constant) = (lower.loss(), lower.direct().values)
    lower.point.copy(from: w)
    let slope = lower.gradient()
    let point = try AdaptedPoint(
      lower, task.data.validate, levels, task, lowerGradient: slope)
    let change = zip(lower.direct().values, constant).map { $0 - $1 }
    let gap = lower.loss() - least
    let multiplier = multiplier(point, slope, change)
    for index in hypergradient.indices {
      hypergradient[index] = point.direct[index] + multiplier * change[index]
    }
    let outcome = try point.outcome(hypergradient, figures: [gap, multiplier])
    algebra.add(-options.jointRate, point.g, to: lower.point)
    algebra.add(-options.jointRate * multiplier, slope, to: lower.point)
    return outcome
  }

  private func multiplier(_ point: AdaptedPoint, _ slope: Elements, _ change: [Double]) -> Double {
    guard let eta else { return options.penalty }
    var (product, squared) = (algebra.dot(point.g, slope), algebra.dot(slope, slope))
    for index in change.indices {
      product += point.direct[index] * change[index]
      squared += change[index] * change[index]
    }
    return squared > 0 ? max(0, eta - product / squared) : 0
  }
}

extension MethodName {
  /// `v-pbgd`: a fixed penalty of the value function.
  public static let fixedPenalty = MethodName(ValueFunction.fixed)
  /// `bome`: a penalty by which the value function falls.
  public static let adaptivePenalty = MethodName(ValueFunction.adaptive)
}
