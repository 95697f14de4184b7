import BilevelOptimization
import Models
import Tensors
import Testing

/// Batches that are taken from where their rows are, beside ones that are copies.
@Suite struct ExamplesRowsTests {
  private static let rows = [7, 2, 11, 2, 0]

  private let examples = Examples(
    data: try! DataArray([12, 3], numbers(36, seed: 5)),
    target: DataArray(indices: (0..<12).map { $0 % 2 }),
    extras: [
      .init("row", DataArray(indices: Array(0..<12)), byRow: true),
      .init("scale", DataArray([0.5])),
    ])

  private func batch(_ rows: [Int] = rows) throws -> Examples {
    try examples.batch(RowNumbers(rows, rows.indices, below: 12))
  }

  @Test func aBatchIsItsRows() throws {
    let (batch, copied) = (try batch(), try examples.rows(Self.rows))
    #expect(batch == copied && batch.rowCount == 5)
    #expect(batch.target.values == Self.rows.map { Double($0 % 2) })
    #expect(batch.extras.map(\.values.values) == [Self.rows.map(Double.init), [0.5]])
    #expect(try batch.rows([3, 0]) == examples.rows([2, 7]))
    #expect(try batch.batch(RowNumbers(1..<3)) == examples.rows([2, 11]))
    #expect(batch != (try self.batch([0, 1, 2, 3, 4])))
  }

  @Test func rowsBeyondTheLastAreErrors() throws {
    for rows in [[12], [-1], [3, 200]] {
      #expect(throws: TensorError.self) { try examples.rows(rows) }
    }
    #expect(throws: TensorError.self) { try examples.batch(RowNumbers(8..<13)) }
  }

  /// The same bits, batch after batch, with copies and all rows between.
  @Test(arguments: [Precision.single, .double])
  func hypergradientsAreTheSame(_ precision: Precision) throws {
    let upper = try Model { $0("u", [12]) }
    let network = try Model { Dense($0.part("dense"), 3, 2) }
    func objective(_ s: ObjectiveState<Tensor, Dense>) -> Tensor {
      (crossEntropies(s.lowerModel(s.data), s.target) * exp(s.upperModel.rows(s["row"]))).mean()
        + s["scale"].at(0) * squaredNorm(s.lowerParameters)
    }
    let implicit = try Implicit(
      upperObjective: { crossEntropy($0.lowerModel($0.data), $0.target) }, upperModel: upper,
      lowerObjective: objective, lowerModel: network, lowerLearningRate: 0.1, k: 3,
      precision: precision)
    func hypergradient(_ train: Examples) throws -> [Double] {
      try implicit.adaptAndSolve(
        train: train, validate: examples, from: network.values,
        Momentum(learningRate: 0.1, steps: 3)
      ).hypergradient
    }
    for rows in [Self.rows, [1, 3, 5, 7, 9], [4, 4, 4, 4, 10]] {
      let copied = try hypergradient(examples.rows(rows))
      #expect(try hypergradient(batch(rows)) == copied)
      #expect(try hypergradient(batch(rows)) == copied)
      #expect(try hypergradient(examples) != copied)
    }
  }

  /// Sums of the quarters of a batch are not worth making.
  @Test func plansOfBatchesAreSmaller() throws {
    let upper = try Model { $0("u", [1]) }
    let network = try Model { Dense($0.part("dense"), 256, 128) }
    let levels = try Levels(
      upperObjective: { crossEntropy($0.lowerModel($0.data), $0.target) }, upperModel: upper,
      lowerObjective: {
        crossEntropy($0.lowerModel($0.data), $0.target)
          + exp($0.upperModel.at(0)) * squaredNorm($0.lowerParameters)
      }, lowerModel: network, precision: .single, kernels: nil)
    let data = Examples(
      data: try DataArray([256, 256], [Float](repeating: 1, count: 256 * 256)),
      target: DataArray(indices: [Int](repeating: 3, count: 256)))
    let whole = try levels.planByteCount(train: data, validate: data)
    let batch = try levels.planByteCount(train: data.batch(RowNumbers(0..<256)), validate: data)
    #expect(batch < whole - 2 * 256 * 256 * 4)
  }
}
