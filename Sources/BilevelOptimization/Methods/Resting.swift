/// What upper steps do in which the upper parameters rest: adapts, and finds F; there is no hypergradient. In place of a method
/// until a run's upper parameters are to be learnt.
package final class Resting: HypergradientMethod {
  private let levels: any LevelPrograms
  private let figureCount: Int

  /// In place of a method that tells so many figures.
  package init(_ levels: any LevelPrograms, figureCount: Int) {
    self.levels = levels
    self.figureCount = figureCount
  }

  package var byteCount: Int { 0 }

  package func hypergradient(
    _ task: LowerTask, into hypergradient: inout [Double]
  ) throws -> MethodOutcome {
    var norm: Double?
    try task.adapt(observe: { _, gradient in norm = task.stationarity(gradient) })
    // The last gradient that there was: another one would cost as much as the step did.
    let gradientNorm = norm ?? task.stationarity(task.lower.gradient())
    try levels.requireFinite(gradientNorm: gradientNorm, task.lower, task)
    let upper = try levels.upperLoss(task.data.validate)
    let loss = upper.loss(at: task.lower.point)
    try levels.requireFinite(loss: loss, upper)
    for index in hypergradient.indices { hypergradient[index] = 0 }
    return MethodOutcome(
      upperLoss: loss, lowerGradientNorm: gradientNorm,
      startLowerGradientNorm: task.startGradientNorm, hypergradientNorm: 0,
      figures: [Double](repeating: .nan, count: figureCount))
  }
}
