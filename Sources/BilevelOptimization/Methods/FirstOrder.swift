/// First-order hypergradients: the adapted parameters count as constants, or, where they started at the upper ones, as these
/// moved by a constant (first-order MAML: Finn, Abbeel and Levine, 2017; first-order DARTS: Liu, Simonyan and Yang, 2019).
final class FirstOrder: HypergradientMethod {
  static let entry = MethodEntry(
    name: "first-order", about: "the direct term; from an upper start, first-order MAML"
  ) { levels, options, _ in FirstOrder(levels, options) }

  private let levels: any LevelPrograms
  private let startsAtUpper: Bool

  private init(_ levels: any LevelPrograms, _ options: MethodOptions) {
    self.levels = levels
    startsAtUpper = options.startsAtUpper
  }

  var byteCount: Int { 0 }

  func hypergradient(
    _ task: LowerTask, into hypergradient: inout [Double]
  ) throws -> MethodOutcome {
    try task.adapt()
    try task.loadSolve()
    let point = try AdaptedPoint(
      task.lower, task.data.validate, levels, task, isMoved: startsAtUpper)
    for index in hypergradient.indices {
      hypergradient[index] = point.direct[index] + (startsAtUpper ? point.g[index] : 0)
    }
    return try point.outcome(hypergradient, figures: [])
  }
}

extension MethodName {
  /// `first-order`: the direct term alone, or first-order MAML.
  public static let firstOrder = MethodName(FirstOrder.entry)
}
