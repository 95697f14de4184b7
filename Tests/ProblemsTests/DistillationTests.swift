import BilevelOptimization
import Foundation
import Problems
import Tensors
import Testing

/// Few examples instead of many.
@Suite struct DistillationTests {
  private static func problem(
    _ change: (inout DistillationSettings) -> Void = { _ in }
  ) throws -> Distillation {
    var settings = DistillationSettings()
    change(&settings)
    return try Distillation(settings, seed: 3)
  }

  /// Training on real examples, put where the distilled ones are, is training on these.
  @Test func theLowerModelSeesTheDistilledExamplesAlone() throws {
    let problem = try Self.problem { ($0.perClass, $0.rates, $0.l2) = (2, 0, 0.01) }
    let inputs = try problem.upperModel.values(of: "inputs")
    #expect(problem.upperModel.count == 20 * 64 && inputs.count == 20 * 64)
    let implicit = try Implicit(
      upperObjective: problem.upperObjective, upperModel: problem.upperModel,
      lowerObjective: problem.lowerObjective, lowerModel: problem.lowerModel,
      lowerLearningRate: 0.5, k: 0, method: .neumannSeries, precision: .double)
    let step = try GradientDescent(learningRate: 0.5, steps: 5)
    let trained = try step.adapt(
      implicit, train: problem.task(0, step: 0).train, recordsLosses: true)
    // The first loss by hand.
    let logits = try problem.lowerModel.evaluate(
      DataArray([20, 64], inputs), precision: .double
    ) { $0($1) }
    let labels = DataArray(indices: (0..<20).map { $0 / 2 })
    let penalty = 0.01 * problem.lowerModel.values.reduce(0) { $0 + $1 * $1 }
    let loss = try Scores.classification(logits, labels)[1] + penalty
    #expect(abs(trained.losses[0] - loss) < 1e-9)
    #expect(trained.losses[4] < trained.losses[0])
  }

  /// Real examples are of the class that they stand for, and none comes twice.
  @Test func firstExamplesAreOfTheirClass() throws {
    let problem = try Self.problem { $0.perClass = 3 }
    let inputs = try problem.upperModel.values(of: "inputs").map { Float($0) }
    var seen: Set<Int> = []
    for place in 0..<30 {
      let own = Array(inputs[place * 64..<(place + 1) * 64])
      let matches = Digits.all.labels.indices.filter { Digits.all.image($0) == own }
      #expect(matches.contains { Digits.all.labels[$0] == place / 3 })
      seen.formUnion(matches.prefix(1))
    }
    #expect(seen.count == 30)
    let noise = try Self.problem { $0.from = .noise }.upperModel.values(of: "inputs")
    let mean = noise.reduce(0, +) / Double(noise.count)
    #expect(abs(mean - 0.5) < 0.05 && Set(noise).count == noise.count)
  }

  @Test func tooFewExamplesOfAClassAreNamed() throws {
    let error = #expect(throws: SettingError.self) { try Self.problem { $0.perClass = 200 } }
    #expect(
      error?.description == "per-class: there are fewer examples of class 0; set less",
      "\(String(describing: error))")
  }
}
