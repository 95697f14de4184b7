import Tensors

/// One more lower step of plain descent, w' = w - a df/dw, differentiated by differences of gradients (DARTS: Liu, Simonyan
/// and Yang, 2019, eq. 7-8): dF/du(w') - a (df/du(w + e q) - df/du(w - e q)) / 2e with q = dF/dw(w'), e = size / ||q||.
final class OneStepDifference: HypergradientMethod {
  static let entry = MethodEntry(
    name: "darts", about: "one step of descent, by differences of gradients (DARTS)",
    needsDirect: true, needsObjective: true
  ) { levels, options, _ in try OneStepDifference(levels, options) }

  private let levels: any LevelPrograms
  private let options: MethodOptions
  private let algebra: VectorAlgebra
  private let scratch: VectorStore
  private let mixed: VectorStore

  private init(_ levels: any LevelPrograms, _ options: MethodOptions) throws {
    self.levels = levels
    self.options = options
    algebra = levels.algebra
    scratch = try VectorStore(
      vectors: 2, count: levels.counts.lower, algebra.precision, for: "differences of gradients")
    mixed = try VectorStore(
      vectors: 1, count: levels.counts.upper, algebra.precision, for: "differences of gradients")
  }

  var byteCount: Int { scratch.byteCount + mixed.byteCount }

  func hypergradient(
    _ task: LowerTask, into hypergradient: inout [Double]
  ) throws -> MethodOutcome {
    try task.adapt()
    try task.loadSolve()
    let (lower, w, q) = (task.lower, scratch[0], scratch[1])
    w.copy(from: lower.point)
    algebra.add(-options.rate, lower.gradient(), to: lower.point)
    let point = try AdaptedPoint(lower, task.data.validate, levels, task)
    q.copy(from: point.g)
    lower.point.copy(from: w)
    GradientDifference(lower, at: w, size: options.difference, algebra)
      .mixedProduct(q, into: mixed[0])
    point.direct.subtract(options.rate, times: mixed[0], into: &hypergradient)
    return try point.outcome(hypergradient, figures: [])
  }
}

extension MethodName {
  /// `darts`: one step of descent, by differences.
  public static let oneStepDifference = MethodName(OneStepDifference.entry)
}
