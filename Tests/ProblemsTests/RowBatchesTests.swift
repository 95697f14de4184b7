import BilevelOptimization
import Problems
import Tensors
import Testing

@Suite struct RowBatchesTests {
  private let examples = TaskExamples(
    train: Examples(
      data: try! DataArray([10, 2], (0..<20).map(Double.init)),
      target: DataArray(indices: Array(0..<10)),
      extras: [
        .init("row", DataArray(indices: Array(0..<10)), byRow: true),
        .init("whole", DataArray(indices: Array(0..<10))),
      ]),
    validate: Examples(
      data: DataArray(indices: Array(0..<6)), target: DataArray(indices: Array(0..<6))))

  private func settings(_ change: (inout TrainingSettings) -> Void) -> TrainingSettings {
    var settings = TrainingSettings()
    settings.lowerSteps = 2
    settings.batch = 3
    change(&settings)
    return settings
  }

  private func rows(_ examples: Examples) -> [Int] { examples.target.values.map { Int($0) } }

  private func data(
    task: Int = 0, step: Int, _ settings: TrainingSettings, _ orders: RowOrders
  ) throws -> TaskData {
    try examples.data(task: task, step: step, settings, orders, isOverRows: true)
  }

  @Test func anEpochHasEachRowOnce() throws {
    let settings = settings { _ in }
    let orders = RowOrders(seed: 1)
    // Three batches of three rows an epoch; two lower steps a step.
    let drawn = try (0..<6).flatMap { step in
      try (0..<2).map {
        rows(try #require(data(step: step, settings, orders).batches).lower(step: $0))
      }
    }
    for epoch in 0..<4 {
      #expect(Set(drawn[3 * epoch..<3 * epoch + 3].flatMap(\.self)).count == 9)
    }
    #expect(drawn[0..<3] != drawn[3..<6])
  }

  /// Ten rows, of which one in turn is left out: at the beginning, or at the end.
  @Test func batchesOfNeighbours() throws {
    let settings = settings { $0.batchRule = .neighbours }
    func epoch(_ orders: RowOrders, _ number: Int) throws -> [[Int]] {
      try (3 * number..<3 * number + 3).map { batch in
        let (step, lower) = batch.quotientAndRemainder(dividingBy: 2)
        return rows(
          try #require(data(step: step, settings, orders).batches).lower(step: lower))
      }
    }
    let orders = RowOrders(seed: 1, .neighbours)
    let epochs = try (0..<20).map { try epoch(orders, $0) }
    for batches in epochs {
      for batch in batches { #expect(batch == Array(batch[0]..<batch[0] + 3)) }
      let seen = batches.flatMap(\.self).sorted()
      #expect(seen == Array(0..<9) || seen == Array(1..<10))
    }
    #expect(Set(epochs.map { $0.flatMap(\.self).sorted()[0] }) == [0, 1])
    #expect(Set(epochs).count > 6)
    // Whatever was asked for before.
    #expect(try epoch(RowOrders(seed: 1, .neighbours), 7) == epochs[7])
    let other = RowOrders(seed: 2, .neighbours)
    #expect(try (0..<20).map { try epoch(other, $0) } != epochs)
  }

  @Test func batchesDependOnTheirPlaceAlone() throws {
    let settings = settings {
      $0.solveBatch = 4
      $0.freshProducts = true
    }
    let forward = RowOrders(seed: 1)
    func all(_ steps: [Int], task: Int, _ orders: RowOrders) throws -> [Int: [[Int]]] {
      var found: [Int: [[Int]]] = [:]
      for step in steps {
        let batches = try #require(data(task: task, step: step, settings, orders).batches)
        found[step] = try [
          rows(batches.lower(step: 1)), rows(batches.solve(product: 0)),
          rows(batches.solve(product: 5)),
        ]
      }
      return found
    }
    let found = try all(Array(0..<9), task: 2, forward)
    #expect(try all([8, 3, 0, 5], task: 2, RowOrders(seed: 1)).allSatisfy { found[$0] == $1 })
    #expect(try all(Array(0..<9), task: 3, forward) != found)
    #expect(try all(Array(0..<9), task: 2, RowOrders(seed: 2)) != found)
  }

  @Test func extrasGoByRowsWhereTheySaySo() throws {
    let batches = try #require(
      data(step: 0, settings { _ in }, RowOrders(seed: 1)).batches)
    let batch = try batches.lower(step: 0)
    #expect(batch.data.shape == [3, 2] && batch.extras.map(\.values.shape) == [[3], [10]])
    #expect(batch.extras[0].values == batch.target)
    #expect(batch.data.values == rows(batch).flatMap { [Double(2 * $0), Double(2 * $0 + 1)] })
  }

  @Test func withoutABatchAllRowsAreSeen() throws {
    let none = settings { $0.batch = 0 }
    #expect(try data(step: 0, none, RowOrders(seed: 1)).batches == nil)
    let large = settings { $0.batch = 10 }
    let batches = try #require(data(step: 3, large, RowOrders(seed: 1)).batches)
    #expect(try batches.lower(step: 0) == examples.train)
    let upper = settings { $0.validationBatch = 2 }
    let drawn = try (0..<3).flatMap { rows(try data(step: $0, upper, RowOrders(seed: 1)).validate) }
    #expect(Set(drawn).count == 6)
  }

  @Test func rowsThatAreNotThereAreRefused() {
    #expect(throws: TensorError.self) { try examples.train.rows([0, 10]) }
  }
}
