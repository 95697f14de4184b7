import BilevelOptimization
import Models
import Tensors
import TestSupport
import Testing

extension LowerMaskSource {
  fileprivate func mask(at place: Int, count: Int, rate: Double) -> [Double] {
    var stream = stream(place)
    return (0..<count).map { _ in stream.uniform() < rate ? 0 : 1 }
  }
}

/// Dropout: its masks are those of the lower step, the task, the upper step and the seed, and hypergradients are those of
/// the objective with these masks.
@Suite struct DropoutTests {
  private static let rows = 6
  private static let hidden = 5
  private static let rate = 0.4
  private static let steps = 4
  private static let draws = MaskSource(seed: 3, step: 7, task: 2)

  private typealias State = ObjectiveState<Tensor, [Tensor]>

  /// A small net with two layers that drop, once with dropout, once with masks that come as data.
  private func levels(masksAreData: Bool) throws -> Levels<Tensor, [Tensor]> {
    func dropped(_ x: Tensor, _ state: State, _ name: String) -> Tensor {
      masksAreData ? x * state[name] * (1 / (1 - Self.rate)) : Dropout(Self.rate)(x)
    }
    func scores(_ state: State, _ x: Tensor, _ isTraining: Bool) -> Tensor {
      let w = state.lowerModel
      let input = isTraining ? dropped(x, state, "first") : x
      let hidden = tanh(matmul(input, w[0]))
      return matmul(isTraining ? dropped(hidden, state, "second") : hidden, w[1])
    }
    let upper = try Model { $0("strength", [1], .constant(-1)) }
    let lower = try Model(seed: 5) {
      [$0("a", [3, Self.hidden], .glorotUniform()), $0("b", [Self.hidden, 2], .glorotUniform())]
    }
    return try Levels(
      upperObjective: { squaredError(scores($0, $0.data, false), $0.target) }, upperModel: upper,
      lowerObjective: {
        squaredError(scores($0, $0.data, true), $0.target)
          + (exp($0.upperModel) * $0.lowerParameters.squared).sum()
      }, lowerModel: lower, precision: .double, kernels: nil, hasDirect: true)
  }

  /// The masks of each lower step as data; products are over those of the last one.
  private struct Masks: Batches {
    let train: Examples
    let hasFreshProducts = false

    func lower(step: Int) throws -> Examples {
      let draws = DropoutTests.draws.lower(step)
      func mask(_ name: String, _ place: Int, _ columns: Int) throws -> Examples.Extra {
        let count = DropoutTests.rows * columns
        return Examples.Extra(
          name,
          try DataArray(
            [DropoutTests.rows, columns],
            draws.mask(at: place, count: count, rate: DropoutTests.rate)))
      }
      return Examples(
        data: train.data, target: train.target,
        extras: [try mask("first", 0, 3), try mask("second", 1, DropoutTests.hidden)])
    }

    func solve(product: Int) throws -> Examples { try lower(step: DropoutTests.steps - 1) }
  }

  private func examples(_ seed: Int) throws -> Examples {
    Examples(
      data: try DataArray([Self.rows, 3], numbers(Self.rows * 3, seed: UInt64(seed))),
      target: try DataArray([Self.rows, 2], numbers(Self.rows * 2, seed: UInt64(seed) + 1)))
  }

  private func hypergradient(
    _ method: MethodName, masksAreData: Bool, _ draws: MaskSource = draws
  ) throws -> (hypergradient: [Double], point: [Double]) {
    let levels = try levels(masksAreData: masksAreData)
    let train = try examples(1)
    let optimizer = try Momentum(learningRate: 0.2, momentum: 0.5, steps: Self.steps)
    var options = MethodOptions(rate: 0.1)
    options.damping = 0.1
    let data = TaskData(
      train: train, validate: try examples(3),
      batches: masksAreData ? Masks(train: train) : nil, draws: draws)
    let task = try LowerTask(levels, data, optimizer, from: levels.lowerModel.values)
    var hypergradient = [0.0]
    _ = try method.make(levels, options, optimizer).hypergradient(task, into: &hypergradient)
    return (hypergradient, task.point)
  }

  /// In every step, in products, and going back through steps: the same as with masks that are data.
  @Test(arguments: ["LS", "NS", "unrolled", "implicit", "difference", "first-order", "darts"])
  func masksAreThoseOfTheirSteps(_ name: String) throws {
    let method = try #require(MethodName(rawValue: name))
    let (drawn, given) = (
      try hypergradient(method, masksAreData: false), try hypergradient(method, masksAreData: true)
    )
    #expect(relativeDistance(drawn.point, given.point) < 1e-14)
    #expect(relativeDistance(drawn.hypergradient, given.hypergradient) < 1e-12, "\(name)")
    #expect(name == "first-order" || drawn.hypergradient[0] != 0)
  }

  /// Optimisers that compare losses are refused where each lower step has masks, or examples, of its own.
  @Test(arguments: [false, true]) func lossesOfOtherMasksAreNotCompared(_ masksAreData: Bool) throws
  {
    let levels = try levels(masksAreData: masksAreData)
    let train = try examples(1)
    let optimizers: [any LowerOptimizer] = [
      try Backtracking(learningRate: 0.2, steps: 5),
      try LimitedMemoryBFGS(learningRate: 0.2, steps: 5),
      try NewtonCG(learningRate: 1, products: 3, steps: 5),
    ]
    for optimizer in optimizers {
      let data = TaskData(
        train: train, validate: train, batches: masksAreData ? Masks(train: train) : nil,
        draws: Self.draws)
      let error = #expect(throws: HypergradientError.self) {
        try LowerTask(levels, data, optimizer, from: levels.lowerModel.values)
      }
      let said = try #require(error)
      #expect(said.code == .parameter && "\(said)".contains("batch=0"))
    }
  }

  @Test func everyPartOfTheKeyMatters() throws {
    let points = try [
      MaskSource(seed: 3, step: 7, task: 2), MaskSource(seed: 4, step: 7, task: 2),
      MaskSource(seed: 3, step: 8, task: 2), MaskSource(seed: 3, step: 7, task: 3),
    ].map { try hypergradient(.linearSystem, masksAreData: false, $0).point }
    #expect(Set(points).count == points.count)
    let masks = (0..<3).flatMap { step in
      (0..<3).map { Self.draws.lower(step).mask(at: $0, count: 64, rate: 0.5) }
    }
    #expect(Set(masks).count == masks.count)
    #expect(
      masks
        == (0..<3).flatMap { step in
          (0..<3).map { Self.draws.lower(step).mask(at: $0, count: 64, rate: 0.5) }
        })
  }

  @Test func asManyDropAsTheRateSays() {
    for rate in [0.1, 0.5, 0.9] {
      let mask = MaskSource().lower(0).mask(at: 0, count: 20_000, rate: rate)
      let part = mask.reduce(0, +) / Double(mask.count)
      #expect(abs(part - (1 - rate)) < 0.02)
      #expect(mask.allSatisfy { $0 == 0 || $0 == 1 })
    }
  }

  /// Predictions, upper objectives and features do not drop.
  @Test func nothingDropsOutsideOfTraining() throws {
    let model = try Model { _ in Dropout(0.5) }
    let x = try DataArray([4, 2], [1, 2, 3, 4, 5, 6, 7, 8] as [Double])
    #expect(try model.evaluate(x) { $0($1) }.values == x.values)
  }

  @Test(arguments: [-0.1, 1, .nan, .infinity]) func ratesAreChecked(_ rate: Double) throws {
    let model = try Model { _ in Dropout(rate) }
    let error = #expect(throws: TensorError.self) {
      try model.evaluate(DataArray([4, 2], [Double](repeating: 1, count: 8))) { $0($1) }
    }
    #expect(error?.code == .range)
    #expect(error?.message.contains("Dropout") == true, "\(error?.message ?? "")")
  }
}
