import Models
import Tensors
import TestSupport
import Testing

/// Batch norms with other statistics than their input's own.
@Suite struct NormStatisticsTests {
  private static let width = 3

  private func network(keeps: Bool = true) throws -> Model<Sequential> {
    let model = try Model(seed: 2) { p in
      Sequential(
        Dense(p.part("dense1"), Self.width, 4),
        BatchNorm(p.part("norm1"), 4, keepsStatistics: keeps), Activation.tanh,
        Residual(
          Sequential(
            Dense(p.part("dense2"), 4, 4),
            BatchNorm(p.part("norm2"), 4, keepsStatistics: keeps))), Dense(p.part("dense3"), 4, 2))
    }
    for parameter in model.parameters where parameter.name.contains("norm") {
      for place in 0..<parameter.shape.count where !parameter.name.hasSuffix("variance") {
        model.values[parameter.offset + place] += 0.1 * Double(place)
      }
    }
    return model
  }

  private func rows(_ count: Int, _ seed: Int) throws -> DataArray {
    try DataArray(
      [count, Self.width],
      (0..<count * Self.width).map { Double(($0 * 7 + seed * 5) % 11) / 5 - 1 })
  }

  /// Stored statistics of the examples normalise these as their own do, to the last digits.
  @Test func storedStatisticsAreThoseOfTheExamples() throws {
    let model = try network()
    let examples = try rows(9, 1)
    let stored = try model.storingStatistics(of: examples)
    let own = try model.evaluate(examples, precision: .double) { $0($1) }
    let used = try model.evaluate(examples, at: stored, precision: .double) {
      $0($1, statistics: .stored)
    }
    #expect(relativeDistance(used.values, own.values) < 1e-13)
    // Nothing else has changed.
    for parameter in model.parameters
    where !parameter.name.hasSuffix("mean") && !parameter.name.hasSuffix("variance") {
      let range = parameter.offset..<parameter.offset + parameter.shape.count
      #expect(stored[range] == model.values[range])
    }
    let mean = try #require(model.parameters.first { $0.name == "norm2.mean" })
    #expect(stored[mean.offset] != 0)
  }

  /// An example's prediction depends on no other one: a single row, and rows together.
  @Test func predictionsDoNotDependOnTheirCompany() throws {
    let model = try network()
    let stored = try model.storingStatistics(of: try rows(9, 1))
    let predictor = try Predictor(model, precision: .double) { $0($1, statistics: .stored) }
    let data = try rows(4, 3)
    let together = try predictor(data, at: stored).values
    for row in 0..<4 {
      let one = try DataArray(
        [1, Self.width], Array(data.values[row * Self.width..<(row + 1) * Self.width]))
      #expect(
        relativeDistance(
          try predictor(one, at: stored).values, Array(together[row * 2..<row * 2 + 2])) < 1e-14)
    }
  }

  /// Statistics of other examples as a formula: the same numbers as when they are stored.
  @Test func statisticsOfOtherExamplesAreAFormula() throws {
    let model = try network()
    let (train, data) = (try rows(9, 1), try rows(4, 3))
    let stored = try model.storingStatistics(of: train)
    let wanted = try model.evaluate(data, at: stored, precision: .double) {
      $0($1, statistics: .stored)
    }
    let all = try DataArray([13, Self.width], train.values + data.values)
    let found = try model.evaluate(all, precision: .double) {
      $0($1.sliced(0, 9..<13), statistics: .of($1.sliced(0, 0..<9)))
    }
    #expect(relativeDistance(found.values, wanted.values) < 1e-13)
  }

  /// Derivatives go through the other examples' statistics.
  @Test func derivativesGoThroughStatistics() throws {
    let graph = Graph()
    let (x, other) = (graph.input([4, 2], stage: .point), graph.input([6, 2], stage: .point))
    let scale = graph.input([2], stage: .point)
    let model = try Model { BatchNorm($0, 2) }
    let body = try model.body(over: graph.input([4], stage: .task), in: graph)
    let y = body(x * scale, statistics: .of(other * scale))
    // What is scaled alike is normalised to nearly the same.
    let slope = gradient(of: y.squared.sum(), withRespectTo: scale)
    try graph.check()
    #expect(slope.depends(on: other))
  }

  @Test func whatIsNotKeptCannotBeUsed() throws {
    let bare = try network(keeps: false)
    let data = try rows(4, 3)
    let missing = #expect(throws: TensorError.self) {
      try bare.evaluate(data) { $0($1, statistics: .stored) }
    }
    #expect(missing?.message.contains("keepsStatistics") == true, "\(missing?.message ?? "")")
    #expect(missing?.message.contains("BatchNorm norm1") == true, "\(missing?.message ?? "")")
    let none = #expect(throws: TensorError.self) { try bare.storingStatistics(of: data) }
    #expect(none?.message.contains("no batch norm of the model keeps statistics") == true)
  }
}
