import BilevelOptimization
import Foundation
import Problems
import Testing

/// Weights of examples by losses and classes.
@Suite struct WeightNetTests {
  /// With equal weights f is the plain mean of losses, whatever weighs.
  @Test(arguments: ["loss", "classes", "both"]) func weightsAreEqualAtFirst(_ kind: String) throws {
    var settings = WeightNetSettings()
    _ = try settings.set("weights", to: kind)
    let problem = try WeightNet(settings, seed: 3)
    let weights = try problem.weights(at: problem.lowerModel.values)
    #expect(weights.count == 1000)
    #expect(weights.allSatisfy { abs($0.weight - 1) < 1e-6 })
    #expect(Set(weights.map(\.loss)).count > 900)
  }

  /// f by hand, and that V's input is held: with class weights alone the gradient of f in w is that of the weighted mean.
  @Test func theLowerLossIsTheWeightedMean() throws {
    var settings = WeightNetSettings()
    (settings.weights, settings.l2, settings.train) = (.both, 0.25, 40)
    let problem = try WeightNet(settings, seed: 1)
    problem.upperModel.values = problem.upperModel.values.indices.map {
      Double($0 * 37 % 23) / 23 - 0.5
    }
    let values = problem.lowerModel.values
    let weights = try problem.weights(at: values)
    let mean = weights.reduce(0) { $0 + $1.loss * $1.weight } / Double(weights.count)
    let penalty = 0.25 * values.reduce(0) { $0 + $1 * $1 }
    let implicit = try Implicit(
      upperObjective: problem.upperObjective, upperModel: problem.upperModel,
      lowerObjective: problem.lowerObjective, lowerModel: problem.lowerModel,
      lowerLearningRate: 0.1, k: 0, method: .neumannSeries, precision: .double)
    let step = try GradientDescent(learningRate: 0.1, steps: 1)
    let train = try problem.task(0, step: 0).train
    let loss = try #require(
      try step.adapt(implicit, train: train, recordsLosses: true).losses.first)
    #expect(abs(loss - mean - penalty) < 1e-9 * (1 + abs(loss)))
  }

  /// A class of few examples gets as many as were asked for, and each class at least one.
  @Test func classesAreThinnedByStepsThatMultiply() throws {
    var settings = WeightNetSettings()
    (settings.imbalance, settings.corruption.part) = (16, 0)
    (settings.weights, settings.train) = (.classes, 0)
    let problem = try WeightNet(settings, seed: 1)
    let counts = (0..<10).map { own in problem.corrupted.givenLabels.count { $0 == own } }
    #expect(counts[0] > 80 && counts.allSatisfy { $0 >= 1 })
    for own in 1..<10 {
      let part = pow(16, -Double(own) / 9)
      #expect(abs(Double(counts[own]) - 100 * part) < 0.2 * 100 * part + 1, "\(counts)")
    }
    #expect(problem.corrupted.isReplaced.allSatisfy { !$0 })
  }
}
