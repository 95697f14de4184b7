import Tensors
import Testing

/// Rows that programs take from larger arrays.
@Suite struct RowNumbersTests {
  private static let rows = [
    RowNumbers([4, 1, 3, 0, 2, 5], 1..<4, below: 6), RowNumbers([5, 5, 0], 0..<3, below: 6),
    RowNumbers(2..<5),
  ]
  private static let chosen = [[1, 3, 0], [5, 5, 0], [2, 3, 4]]

  private func program(
    _ precision: Precision, _ formula: (Tensor) -> Tensor, _ shape: Shape
  ) throws -> (Program, number: Int) {
    let graph = Graph()
    let data = graph.data(shape)
    let program = try Program(
      graph, [ListRequest("task", .task, [formula(data)])], precision, try KernelSet.chosen())
    return (program, program.number(of: data))
  }

  /// In the precision that they are held in and in the other, and between whole arrays.
  @Test(arguments: [Precision.single, .double])
  func programsTakeThemFromWhereTheyAre(_ precision: Precision) throws {
    let (program, number) = try program(precision, { $0 * 2 }, [3, 5])
    let values = (0..<30).map(Double.init)
    let arrays = [try DataArray([6, 5], values), try DataArray([6, 5], values.map(Float.init))]
    let whole = try DataArray([3, 5], (0..<15).map { Double(100 + $0) })
    for array in arrays {
      for (rows, chosen) in zip(Self.rows, Self.chosen) {
        for data in [array, whole, array] {
          let isWhole = data.rowCount == 3
          try program.set(number, data, rows: isWhole ? nil : rows, named: "data")
          program.run(0)
          let expected =
            isWhole
            ? whole.values : chosen.flatMap { values[5 * $0..<5 * $0 + 5] }
          #expect(program.root(0, of: 0).values == expected.map { 2 * $0 })
        }
        #expect(array.rows(rows).values == chosen.flatMap { values[5 * $0..<5 * $0 + 5] })
        #expect(array.rows(rows).shape == [3, 5])
      }
    }
  }

  @Test func othersThanWereTracedAreErrors() throws {
    let (program, number) = try program(.single, { $0 * 2 }, [3, 5])
    let others: [(Shape, RowNumbers)] = [
      ([6, 4], Self.rows[0]), ([6], Self.rows[0]), ([6, 5], RowNumbers(0..<4)),
    ]
    for (shape, rows) in others {
      let array = try DataArray(shape, [Float](repeating: 1, count: shape.count))
      #expect(throws: TensorError.self) {
        try program.set(number, array, rows: rows, named: "data")
      }
    }
  }

  /// All rows are, once.
  @Test func classNumbersAreChecked() throws {
    let (program, number) = try program(.single, { $0.oneHot(classes: 3) }, [3])
    let good = DataArray(indices: [0, 1, 2, 0, 1, 2]), bad = DataArray(indices: [0, 1, 2, 0, 3, 2])
    for rows in Self.rows {
      try program.set(number, good, rows: rows, named: "target")
      #expect {
        try program.set(number, bad, rows: rows, named: "target")
      } throws: {
        "\($0)".contains("target[4] is 3.0")
      }
    }
  }
}
