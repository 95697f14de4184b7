import Tensors

/// SOBA (Dagreou, Ablin, Vaiter and Moreau, 2022, algorithm 1): one lower step, one step of descent on the linear system and
/// the hypergradient, all at one point and on the same examples. With v = H^-1 g in mind, at the old w, v and u:
///
///     v' = v - a (H v - g),   hypergradient d - C v,   w' by the lower optimiser
final class SingleLoop: HypergradientMethod {
  static let entry = MethodEntry(
    name: "soba", about: "one lower step and one of the linear system, at one point (SOBA)",
    figures: [
      Figure("residual", "residual", chart: "Residual of the linear system", .mean),
      Figure("products", "products a task", .sum),
    ],
    vectors: { _ in ["solution"] },
    check: { options, optimizer throws(HypergradientError) in
      let steps = optimizer.schedule.steps
      try HypergradientError.require(
        options.keepsPoint && steps == 1,
        "method soba makes one lower step in every upper step, from where the last one ended, and "
          + "there are \(steps) from \(options.keepsPoint ? "there" : "a new start"); it must be one, "
          + "with start previous")
    }
  ) { levels, options, _ in try SingleLoop(levels, options) }

  private let levels: any LevelPrograms
  private let options: MethodOptions
  private let algebra: VectorAlgebra
  /// v before and after the step.
  private let scratch: VectorStore

  private init(_ levels: any LevelPrograms, _ options: MethodOptions) throws {
    self.levels = levels
    self.options = options
    algebra = levels.algebra
    scratch = try VectorStore(
      vectors: 2, count: levels.counts.lower, algebra.precision,
      for: "the vectors of the linear system")
  }

  var byteCount: Int { scratch.byteCount }

  func keep(in state: LowerState) { state.keep(scratch[1], at: 0) }

  func hypergradient(
    _ task: LowerTask, into hypergradient: inout [Double]
  ) throws -> MethodOutcome {
    let (lower, before, after) = (task.lower, scratch[0], scratch[1])
    let gradient = try task.gradient(0)
    let point = try AdaptedPoint(
      lower, task.data.validate, levels, task, lowerGradient: gradient)
    if let kept = task.kept?.keptVector(0) {
      before.copy(from: kept)
    } else {
      algebra.clear(before)
    }
    lower.linearise()
    // H v + damping v - g.
    lower.vector.copy(from: before)
    after.copy(from: lower.hessianVectorProduct())
    algebra.add(options.damping, before, to: after)
    algebra.add(-1, point.g, to: after)
    let residual = algebra.norm(after)
    algebra.scale(after, by: -options.rate)
    algebra.add(1, before, to: after)
    lower.vector.copy(from: before)
    point.direct.subtract(1, times: lower.mixedProduct(), into: &hypergradient)
    let outcome = try point.outcome(
      hypergradient, figures: [residual.isFinite ? residual : .nan, 2],
      "lower lower-rate, which is also the step of the linear system")
    task.makeStep(along: gradient)
    return outcome
  }
}

extension MethodName {
  /// `soba`: one lower step and one of the linear system.
  public static let singleLoop = MethodName(SingleLoop.entry)
}
