import BilevelOptimization
import Models
import Tensors
import TestSupport
import Testing

/// Noise of a learnt size: its numbers are those of the lower step, and hypergradients go through what is made of them.
@Suite struct NoiseTests {
  private static let rows = 6
  private static let steps = 4
  private static let draws = MaskSource(seed: 3, step: 7, task: 2)
  private static let places: [(name: String, law: NoiseLaw)] = [
    ("normal", .normal), ("uniform", .uniform),
  ]

  /// A linear model of inputs with noise on them, once drawn, once given as data.
  private func levels(noiseIsData: Bool) throws -> Levels<Tensor, Tensor> {
    let upper = try Model { $0("sizes", [2], .constant(-1)) }
    let lower = try Model(seed: 5) { $0("w", [3, 2], .glorotUniform()) }
    return try Levels(
      upperObjective: { squaredError(matmul($0.data, $0.lowerModel), $0.target) },
      upperModel: upper,
      lowerObjective: { state in
        let noise = Self.places.map { name, law in
          noiseIsData ? state[name] : state.data.noise([Self.rows, 3], law)
        }
        let sizes = exp(state.upperModel)
        let x = state.data * (1 + sizes.at(0) * noise[0]) + sizes.at(1) * noise[1]
        return squaredError(matmul(x, state.lowerModel), state.target)
          + 0.1 * squaredNorm(state.lowerParameters)
      }, lowerModel: lower, precision: .double, kernels: nil, hasDirect: true)
  }

  /// The numbers of each lower step as data; products are over those of the last one.
  private struct Noise: Batches {
    let train: Examples
    let hasFreshProducts = false

    func lower(step: Int) throws -> Examples {
      let draws = NoiseTests.draws.lower(step)
      let extras = try NoiseTests.places.enumerated().map { place, entry in
        var stream = draws.stream(place)
        return Examples.Extra(
          entry.name,
          try DataArray(
            [NoiseTests.rows, 3], (0..<NoiseTests.rows * 3).map { _ in stream.noise(entry.law) }))
      }
      return Examples(data: train.data, target: train.target, extras: extras)
    }

    func solve(product: Int) throws -> Examples { try lower(step: NoiseTests.steps - 1) }
  }

  private func examples(_ seed: Int) throws -> Examples {
    Examples(
      data: try DataArray([Self.rows, 3], numbers(Self.rows * 3, seed: UInt64(seed))),
      target: try DataArray([Self.rows, 2], numbers(Self.rows * 2, seed: UInt64(seed) + 1)))
  }

  private func hypergradient(_ method: MethodName, noiseIsData: Bool) throws -> [Double] {
    let levels = try levels(noiseIsData: noiseIsData)
    let train = try examples(1)
    let optimizer = try Momentum(learningRate: 0.1, momentum: 0.5, steps: Self.steps)
    let data = TaskData(
      train: train, validate: try examples(3),
      batches: noiseIsData ? Noise(train: train) : nil, draws: Self.draws)
    let task = try LowerTask(levels, data, optimizer, from: levels.lowerModel.values)
    var hypergradient = [0.0, 0]
    _ = try method.make(levels, MethodOptions(rate: 0.1), optimizer)
      .hypergradient(task, into: &hypergradient)
    return hypergradient
  }

  @Test(arguments: ["LS", "NS", "unrolled"])
  func numbersAreThoseOfTheirSteps(_ name: String) throws {
    let method = try #require(MethodName(rawValue: name))
    let drawn = try hypergradient(method, noiseIsData: false)
    #expect(relativeDistance(drawn, try hypergradient(method, noiseIsData: true)) < 1e-12)
    #expect(drawn.allSatisfy { $0 != 0 })
  }

  /// Mean 0, and the variance of each law.
  @Test(arguments: [(NoiseLaw.normal, 1.0), (.uniform, 1 / 3.0)])
  func lawsAreWhatTheySay(_ law: NoiseLaw, _ variance: Double) {
    var stream = MaskSource().lower(0).stream(0)
    let numbers = (0..<20_000).map { _ in stream.noise(law) }
    let mean = numbers.reduce(0, +) / 20_000
    let square = numbers.reduce(0) { $0 + $1 * $1 } / 20_000
    #expect(abs(mean) < 0.03 && abs(square / variance - 1) < 0.05)
    #expect(law == .normal || numbers.allSatisfy { abs($0) <= 1 })
  }

  /// Predictions and upper objectives have none.
  @Test func thereIsNoneOutsideOfTraining() throws {
    let model = try Model { $0("w", [1]) }
    let x = try DataArray([2, 2], [1, 2, 3, 4] as [Double])
    #expect(try model.evaluate(x) { $1 + $1.noise([2, 2]) }.values == x.values)
  }
}
