import BilevelOptimization
import Models
import TestSupport
import Tensors
import Testing

/// Rows that are made when they are taken are as good as an array of them, bit for bit.
@Suite struct RowStoreTests {
  /// Rows that nobody keeps.
  private final class Made: RowStore {
    let rowCount: Int, width: Int

    init(_ rowCount: Int, _ width: Int) { (self.rowCount, self.width) = (rowCount, width) }

    func write(_ row: Int, to target: UnsafeMutableBufferPointer<Double>) {
      for column in 0..<width { target[column] = Double((row * 31 + column * 17) % 29) / 29 }
    }
  }

  private static let (rows, width) = (24, 5)
  private static let store = Made(rows, width)

  private static func plain(_ numbers: [Int]) throws -> DataArray {
    var values: [Double] = []
    for number in numbers {
      values += [Double](unsafeUninitializedCapacity: width) { target, count in
        store.write(number, to: target)
        count = width
      }
    }
    return try DataArray([numbers.count, width], values)
  }

  @Test func theirNumbersAreTheRows() throws {
    let numbers = [3, 3, 0, 23, 7]
    let some = try DataArray([5, Self.width], rowsOf: Self.store, numbers)
    #expect(some.values == (try Self.plain(numbers)).values)
    let all = try DataArray([Self.rows, Self.width], rowsOf: Self.store)
    #expect(all.values == (try Self.plain(Array(0..<Self.rows))).values)
    let picked = some.rows(RowNumbers([4, 0, 2], 0..<3, below: 5))
    #expect(picked.values == (try Self.plain([7, 3, 0])).values)
    var rows: [[Double]] = []
    picked.forEachRow { place, row in rows.append([Double(place)] + row) }
    let whole = try Self.plain([7, 3, 0]).values
    #expect(rows == (0..<3).map { [Double($0)] + whole[$0 * Self.width..<($0 + 1) * Self.width] })
  }

  @Test func shapesAndNumbersAreChecked() {
    for (shape, numbers) in [
      ([5, Self.width], [0, 1]), ([2, 4], [0, 1]), ([2, Self.width], [0, 24]),
      ([2, Self.width], [-1, 0]),
    ] as [(Shape, [Int])] {
      #expect(throws: TensorError.self) {
        try DataArray(shape, rowsOf: Self.store, numbers)
      }
    }
  }

  @Test(arguments: [Precision.single, .double]) func derivativesAreThoseOfAnArray(
    _ precision: Precision
  ) throws {
    let numbers = (0..<16).map { ($0 * 7) % Self.rows }
    let target = DataArray(indices: numbers.map { $0 % 3 })
    let lower = try Model(seed: 1) { Dense($0.part("dense"), Self.width, 3) }
    let implicit = try Implicit(
      upperObjective: { crossEntropy($0.lowerModel($0.data), $0.target) },
      upperModel: try Model { $0("u", [1]) },
      lowerObjective: {
        crossEntropy($0.lowerModel($0.data), $0.target)
          + (exp($0.upperModel) * $0.lowerParameters.squared).mean()
      }, lowerModel: lower, lowerLearningRate: 0.1, precision: precision)
    let direction = lower.values.indices.map { 1 / Double($0 + 1) }
    func derivatives(_ data: DataArray, _ rows: RowNumbers?) throws -> [Double] {
      let whole = Examples(data: data, target: target)
      let examples = try rows.map { try whole.batch($0) } ?? whole
      let (loss, gradient, product) = try implicit.lowerDerivatives(
        train: examples, at: lower.values, along: direction)
      return [loss] + gradient + product
    }
    let kept = try Self.plain(numbers)
    let made = try DataArray([16, Self.width], rowsOf: Self.store, numbers)
    for rows in [nil, RowNumbers(4..<12), RowNumbers([9, 2, 2, 15], 0..<4, below: 16)] {
      #expect(try derivatives(made, rows) == derivatives(kept, rows))
    }
  }
}
