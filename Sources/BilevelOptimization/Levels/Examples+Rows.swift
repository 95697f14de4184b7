import Tensors

extension Examples {
  /// Some of the examples: those rows of inputs and targets, and of the extras that go by rows.
  ///
  /// - Parameter rows: Numbers of examples, from 0, in the order in which they are wanted.
  /// - Returns: As many examples.
  /// - Throws: `TensorError` of code `range` for a number that is no example's.
  public func rows(_ rows: [Int]) throws(TensorError) -> Examples {
    let least = rows.min() ?? 0, bound = (rows.max() ?? -1) + 1
    guard least >= 0 else { throw Self.outOfRange(of: rowCount) }
    let batch = try batch(RowNumbers(rows, rows.indices, below: bound))
    // These may be used again and again, and are copied once.
    return Examples(data: batch.data, target: batch.target, extras: batch.extras)
  }

  /// The same without copying anything: programs take the rows from where they are.
  ///
  /// - Throws: As ``rows(_:)``.
  package func batch(_ rows: RowNumbers) throws(TensorError) -> Examples {
    let all = chosen == nil ? whole : Whole(data, target, extras)
    guard rows.bound <= all.leastRows else { throw Self.outOfRange(of: rowCount) }
    return Examples(all, rows)
  }

  /// Neighbouring ones, in their order, without copying anything.
  func slab(_ range: Range<Int>) throws(TensorError) -> Examples {
    guard let chosen else { return try batch(RowNumbers(range)) }
    return Examples(whole, chosen.piece(range))
  }

  private static func outOfRange(of count: Int) -> TensorError {
    TensorError(.range, "a batch asks for a row beyond the \(count) that there are")
  }

  /// How many examples there are.
  public var rowCount: Int {
    chosen?.count ?? max(whole.data.rowCount, whole.target.rowCount)
  }
}
