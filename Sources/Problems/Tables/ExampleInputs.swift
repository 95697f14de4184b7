import DataFiles
import Tensors

/// The inputs of a table's examples, those of missing cells not numbers: columns in memory, or rows as they lie in a file that the
/// system maps.
package struct ExampleInputs: Sendable {
  private enum Piece: Sendable {
    /// In memory, column by column.
    case columns([[Double]])
    /// Some columns, and some rows or all, of a file.
    case mapped(MappedArray, columns: [Int], rows: [Int]?)

    var count: Int {
      switch self {
      case .columns(let columns): columns.first?.count ?? 0
      case .mapped(let array, _, let rows): rows?.count ?? array.rows
      }
    }
  }

  /// Inputs of an example.
  package let width: Int
  /// How many examples there are.
  package var count: Int { pieces.rowCount }
  private let pieces: Pieces<Piece>

  private init(_ pieces: [Piece], width: Int) {
    self.pieces = Pieces(pieces, rows: \.count)
    self.width = width
  }

  /// Columns of as many numbers each.
  package init(_ columns: [[Double]]) {
    self.init([.columns(columns)], width: columns.count)
  }

  /// Columns of a file's rows.
  package init(_ array: MappedArray, columns: [Int]) {
    self.init([.mapped(array, columns: columns, rows: nil)], width: columns.count)
  }

  /// These examples, then others of as many inputs.
  package func followed(by others: ExampleInputs) -> ExampleInputs {
    if let columns, let more = others.columns { return ExampleInputs(zip(columns, more).map(+)) }
    return ExampleInputs(pieces.all + others.pieces.all, width: width)
  }

  /// Some examples of one file, in their order.
  package func chosen(_ rows: [Int]) -> ExampleInputs {
    guard rows.count < count, pieces.all.count == 1, let piece = pieces.all.first else {
      return self
    }
    switch piece {
    case .columns(let columns):
      return ExampleInputs(columns.map { column in rows.map { column[$0] } })
    case .mapped(let array, let columns, let chosen):
      let own = rows.map { chosen?[$0] ?? $0 }
      return ExampleInputs([.mapped(array, columns: columns, rows: own)], width: width)
    }
  }

  /// The columns, where all of them are in memory.
  private var columns: [[Double]]? {
    if case .columns(let columns) = pieces.all.first, pieces.all.count == 1 { columns } else { nil }
  }

  /// Has an example's numbers used.
  func with(_ example: Int, _ use: (UnsafeMutableBufferPointer<Double>) -> Void) {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: width) { numbers in
      write(example, to: numbers)
      use(numbers)
    }
  }

  fileprivate func write(_ example: Int, to numbers: UnsafeMutableBufferPointer<Double>) {
    let (piece, row) = pieces[example]
    switch piece {
    case .columns(let columns):
      for index in 0..<width { numbers[index] = columns[index][row] }
    case .mapped(let array, let columns, let rows):
      let first = (rows?[row] ?? row) * array.rowCount
      withUnsafeTemporaryAllocation(of: Double.self, capacity: array.rowCount) { all in
        array.write(from: first, to: all)
        for index in 0..<width { numbers[index] = all[columns[index]] }
      }
    }
  }

  /// Which examples have missing cells.
  package var withMissing: [Int] {
    (0..<count).filter { example in
      var isMissing = false
      with(example) { isMissing = $0.contains(where: \.isNaN) }
      return isMissing
    }
  }

  /// The standard of each column that some examples set.
  package func standards(of examples: [Int]) -> [Standardisation] {
    if let columns {
      return columns.map { column in Standardisation(examples.map { column[$0] }) }
    }
    var searches = [Standardisation.Search](repeating: .init(), count: width)
    for pass in Standardisation.Pass.allCases {
      for example in examples {
        with(example) { numbers in
          for index in 0..<width { searches[index].take(numbers[index], in: pass) }
        }
      }
    }
    return searches.map(\.standard)
  }

  /// Some examples in a standard, shape `[examples, width]`; those of a mapped file are made when they are taken.
  ///
  /// - Throws: `TensorError` for a number that is no example's.
  package func array(
    _ examples: [Int], _ standards: [Standardisation]
  ) throws(TensorError) -> DataArray {
    let shape: Shape = [examples.count, width]
    guard let columns else {
      return try DataArray(shape, rowsOf: StandardisedRows(self, standards), examples)
    }
    let numbers = [Double](unsafeUninitializedCapacity: shape.count) { target, count in
      for first in stride(from: 0, to: examples.count, by: Self.rowsAtOnce) {
        let places = first..<min(first + Self.rowsAtOnce, examples.count)
        for (index, (column, standard)) in zip(columns, standards).enumerated() {
          for place in places { target[place * width + index] = standard(column[examples[place]]) }
        }
      }
      count = shape.count
    }
    return try DataArray(shape, numbers)
  }

  /// So many rows of some hundred numbers stay in the second cache while their columns are gone through.
  private static let rowsAtOnce = 64
}

/// Inputs in the standard of the examples that train.
private final class StandardisedRows: RowStore {
  private let inputs: ExampleInputs
  private let standards: [Standardisation]
  var rowCount: Int { inputs.count }
  var width: Int { inputs.width }

  init(_ inputs: ExampleInputs, _ standards: [Standardisation]) {
    (self.inputs, self.standards) = (inputs, standards)
  }

  func write(_ row: Int, to target: UnsafeMutableBufferPointer<Double>) {
    inputs.write(row, to: target)
    for index in 0..<width { target[index] = standards[index](target[index]) }
  }
}
