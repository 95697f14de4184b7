import BilevelOptimization
import Models
import Tensors
import Testing

/// Plans of forms come and go within a bound; results stay what they are.
struct PlanMemoryTests {
  private let upper = try! Model { $0("u", [8]) }
  private let network = try! Model { Dense($0.part("dense"), 3, 2) }

  private func implicit() throws -> Implicit<Tensor, Dense> {
    try Implicit(
      upperObjective: { crossEntropy($0.lowerModel($0.data), $0.target) }, upperModel: upper,
      lowerObjective: {
        crossEntropy($0.lowerModel($0.data), $0.target)
          + squaredDistance($0.lowerParameters, $0.upperModel)
      }, lowerModel: network, lowerLearningRate: 0.1, k: 3)
  }

  private func examples(_ count: Int) throws -> Examples {
    Examples(
      data: try DataArray([count, 3], numbers(3 * count, seed: UInt64(count))),
      target: DataArray(indices: (0..<count).map { $0 % 2 }))
  }

  private func hypergradient(
    _ implicit: Implicit<Tensor, Dense>, _ train: Int, _ validate: Int
  ) throws -> [Double] {
    let descent = try Momentum(learningRate: 0.1, steps: 3)
    return try implicit.adaptAndSolve(
      train: examples(train), validate: examples(validate), from: network.values, descent
    ).hypergradient
  }

  /// Any order of 60 batch sizes, under bounds that keep all, some or next to none of their plans.
  @Test func resultsDoNotDependOnPlansThatComeAndGo() throws {
    let sizes = (0..<180).map { 1 + $0 * 37 % 60 }
    let fresh = try (1...60).map { try hypergradient(try implicit(), $0, 61 - $0) }
    for (bound, most) in [(256 << 20, 60), (200_000, 59), (0, 4)] {
      let implicit = try implicit()
      #expect(implicit.planMemory == 256 << 20)
      implicit.planMemory = bound
      for size in sizes {
        #expect(try hypergradient(implicit, size, 61 - size) == fresh[size - 1])
        #expect(implicit.planCounts.lower <= most && implicit.planCounts.upper <= most)
      }
      if bound != 200_000 { #expect(implicit.planCounts == (most, most)) }
    }
  }
}
