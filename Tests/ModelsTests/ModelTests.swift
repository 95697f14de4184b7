import Models
import Tensors
import Testing

@Suite struct ModelTests {
  private func network(seed: UInt64 = 1) throws -> Model<Sequential> {
    try Model(seed: seed) { p in
      Sequential(Dense(p.part("a"), 3, 4), Activation.tanh, Dense(p.part("b"), 4, 2))
    }
  }

  @Test func parametersHaveNamesShapesAndPlaces() throws {
    let model = try network()
    #expect(model.parameters.map(\.name) == ["a.weight", "a.bias", "b.weight", "b.bias"])
    #expect(model.parameters.map(\.shape) == [[3, 4], [4], [4, 2], [2]])
    #expect(model.parameters.map(\.offset) == [0, 12, 16, 24])
    #expect(model.count == 26 && model.gradients.count == 26)
    #expect(try model.values(of: "b.bias") == [0, 0])
    let error = #expect(throws: TensorError.self) { try model.values(of: "c") }
    #expect(error?.message.contains("a.weight") == true)
  }

  @Test func theCountIsThatOfTheParameters() throws {
    let model = try network()
    model.values = [1, 2]
    #expect(model.count == 26)
    let error = #expect(throws: TensorError.self) { try model.values(of: "b.bias") }
    #expect(error?.code == .shape)
    #expect(throws: TensorError.self) { try model.evaluate(DataArray.empty) { _, x in x } }
  }

  @Test func formulasOfOtherTracesAreRefused() throws {
    let stray = Graph().data([1])
    let error = #expect(throws: TensorError.self) {
      try network().evaluate(DataArray([1])) { _, _ in stray }
    }
    #expect(error?.message.contains("another trace") == true)
  }

  @Test func formulasThatChangeAreRefused() throws {
    let error = #expect(throws: TensorError.self) {
      try network().evaluate(DataArray([1])) { _, x in x * Double.random(in: 1...2) }
    }
    #expect(error?.message.contains("another one when it runs again: *") == true)
  }

  @Test func firstValuesBelongToTheSeed() throws {
    #expect(try network().values == network().values)
    #expect(try network(seed: 2).values != network().values)
  }

  @Test func mistakesOfBuildersAreErrors() throws {
    #expect(throws: TensorError.self) { try Model { p in (p("x", [1]), p("x", [2])) } }
    #expect(throws: TensorError.self) { try Model { p in p("x", [0]) } }
    var calls = 0
    let fickle = try Model { p in
      calls += 1
      return p("x\(calls)", [1])
    }
    #expect(throws: TensorError.self) { try fickle.evaluate(DataArray([1])) { body, _ in body } }
  }

  /// Normalised by itself a value is 0 whatever it is: nothing before such a layer would train.
  @Test func batchNormOfOneValueAChannelIsRefused() throws {
    let model = try Model { BatchNorm($0, 3) }
    for shape in [[1, 3], [1, 1, 1, 3], [3], [0, 3]] as [Shape] {
      let data = try DataArray(shape, [Double](repeating: 1, count: shape.count))
      let error = #expect(throws: TensorError.self) { try model.evaluate(data) { $0($1) } }
      for words in ["an input of shape \(shape)", "BatchNorm", "nothing before it trains"] {
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
      }
    }
    for shape in [[2, 3], [1, 2, 1, 3]] as [Shape] {
      let data = try DataArray(shape, [1, 2, 3, 4, 5, 6] as [Double])
      let values = try model.evaluate(data, { $0($1) }).values
      #expect(zip(values, [-1, -1, -1, 1, 1, 1]).allSatisfy { abs($0 - $1) < 1e-4 })
    }
  }

  private static let deviations: [(Initialiser, Double)] = [
    (.normal(deviation: 2), 2), (.uniform(bound: 3), 1.7320508),
    (.glorotUniform(gain: 2), 0.1264911),
    (.heNormal, 0.0816497), (.fanInUniform, 0.0333333), (.constant(3), 0),
  ]

  @Test(arguments: deviations)
  func initialisersHaveTheirDeviation(_ initialiser: Initialiser, _ deviation: Double) throws {
    let values = try Model(seed: 9) { p in p("x", [300, 200], initialiser) }.values
    let mean = values.reduce(0, +) / Double(values.count)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    #expect(abs(variance.squareRoot() - deviation) <= 0.02 * deviation)
    #expect(initialiser == .constant(3) ? mean == 3 : abs(mean) < 0.02 * deviation)
  }

  @Test func layersComputeWhatTheySay() throws {
    let dense = try Model { Dense($0, 2, 1) }
    let y = try dense.evaluate(try DataArray([2, 2], [1.0, 2, 3, 4]), at: [10, 100, 1]) { $0($1) }
    #expect(y.values == [211, 431] && y.shape == [2, 1])
    let norm = try Model { BatchNorm($0, 1, epsilon: 0) }
    let z = try norm.evaluate(
      try DataArray([4, 1], [1.0, 1, 3, 3]), at: [2, 5], precision: .double
    ) { $0($1) }
    #expect(z.values == [3, 3, 7, 7])
    let convolution = try Model { Convolution($0, 1, 1, stride: 2) }
    let ones = [Double](repeating: 1, count: 9)
    let c = try convolution.evaluate(
      try DataArray([1, 4, 4, 1], [Double](repeating: 1, count: 16)), at: ones + [0.5]
    ) { $0($1) }
    #expect(c.values == [4.5, 6.5, 6.5, 9.5] && c.shape == [1, 2, 2, 1])
    let pool = try Model { p in (p("unused", [1]), MaxPool()) }
    let m = try pool.evaluate(try DataArray([1, 2, 2, 1], [1.0, 4, 3, 2])) { $0.1($1) }
    #expect(m.values == [4])
  }

  /// A mistake within layers names them, the innermost first, and the line where the outermost was called.
  @Test func mistakesInLayersNameTheCallersLine() throws {
    let images = try Model { p in
      Sequential(
        Convolution(p.part("a"), 1, 2), Activation.relu, MaxPool(), MaxPool(), MaxPool(), Flatten(),
        Dense(p.part("b"), 2, 2))
    }
    let line = #line + 1
    func output(_ network: Sequential, _ x: Tensor) -> Tensor { network(x) }
    let error = #expect(throws: TensorError.self) {
      try images.evaluate(DataArray([1, 4, 4, 1], [Double](repeating: 1, count: 16)), output)
    }
    let message = error?.message ?? ""
    #expect(message.contains("maxPooled: shape [1, 1, 1, 2]"), "\(message)")
    #expect(
      message.contains(
        "in MaxPool (layer 5) in Sequential at ModelsTests/ModelTests.swift:\(line)"),
      "\(message)")
    #expect(!message.contains("Layers.swift"))
    let dense = try Model { Dense($0, 2, 2) }
    let other = #expect(throws: TensorError.self) {
      try dense.evaluate(DataArray([1, 3], [1.0, 2, 3])) { $0($1) }
    }
    #expect(other?.message.contains("do not fit in Dense at ModelsTests/") == true)
  }

  /// A layer of one's own names its own line as well.
  @Test func layersOfOnesOwn() throws {
    struct Twice: Layer {
      let inner: Dense
      func output(_ x: Tensor) -> Tensor { inner(inner(x)) }
    }
    let model = try Model { Twice(inner: Dense($0, 3, 2)) }
    let error = #expect(throws: TensorError.self) {
      try model.evaluate(DataArray([1, 3], [1.0, 2, 3])) { $0($1) }
    }
    let message = error?.message ?? ""
    #expect(message.contains("in Dense at ModelsTests/ModelTests.swift:"), "\(message)")
    #expect(message.contains(" in Twice at ModelsTests/ModelTests.swift:"), "\(message)")
  }

  @Test func modelsBeyondAnyMemory() throws {
    let error = #expect(throws: TensorError.self) { try Model { $0("x", [1 << 44]) } }
    #expect(error?.code == .memory)
    #expect(error?.message.contains("a model's values and gradients") == true)
    for shapes: [Shape] in [[[1 << 40, 1 << 40]], [[1 << 46], [1 << 46], [1 << 46]]] {
      let error = #expect(throws: TensorError.self) {
        try Model { p in shapes.enumerated().map { p("x\($0)", $1) } }
      }
      #expect(error?.message.contains("more elements than any memory holds") == true)
    }
  }
}
