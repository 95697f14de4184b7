/// Rows that are made when they are taken, from wherever they are: bytes, or a file that the system maps into memory.
public protocol RowStore: AnyObject, Sendable {
  /// How many rows.
  var rowCount: Int { get }
  /// Numbers of a row.
  var width: Int { get }

  /// Writes a row's numbers: the same ones every time.
  ///
  /// - Parameters:
  ///   - row: Its number, from 0.
  ///   - target: As many numbers as a row has.
  func write(_ row: Int, to target: UnsafeMutableBufferPointer<Double>)
}

/// Some rows of a store, or all of them.
public struct StoredRows: Sendable, Equatable {
  let store: any RowStore
  /// Their numbers; nil for all.
  let chosen: [Int]?

  /// How many.
  var count: Int { chosen?.count ?? store.rowCount }

  /// Some of these rows.
  func chosen(_ rows: RowNumbers) -> StoredRows {
    StoredRows(
      store: store, chosen: (0..<rows.count).map { chosen?[rows[$0]] ?? rows[$0] })
  }

  /// Whether these are the same rows, and not found to be so one by one.
  func isStored(with other: StoredRows) -> Bool {
    guard store === other.store else { return false }
    guard let chosen, let others = other.chosen else { return chosen == nil && other.chosen == nil }
    return chosen.isStored(with: others)
  }

  /// Whether they are the same rows of the same store.
  public static func == (a: StoredRows, b: StoredRows) -> Bool {
    a.store === b.store && a.chosen == b.chosen
  }

  /// All of their numbers.
  var values: [Double] {
    let width = store.width
    return [Double](unsafeUninitializedCapacity: count * width) { target, filled in
      for place in 0..<count {
        write(
          place,
          to: UnsafeMutableBufferPointer(rebasing: target[place * width..<(place + 1) * width]))
      }
      filled = count * width
    }
  }

  /// Writes some rows, one after another.
  func write(_ rows: RowNumbers, to elements: Elements) {
    let width = store.width
    precondition(rows.count * width == elements.count, "a batch of another size than its input")
    switch elements.precision {
    case .single:
      let target = elements.base.assumingMemoryBound(to: Float.self)
      withUnsafeTemporaryAllocation(of: Double.self, capacity: width) { row in
        for place in 0..<rows.count {
          write(rows[place], to: row)
          for column in 0..<width { target[place * width + column] = Float(row[column]) }
        }
      }
    case .double:
      let target = elements.base.assumingMemoryBound(to: Double.self)
      for place in 0..<rows.count {
        write(
          rows[place], to: UnsafeMutableBufferPointer(start: target + place * width, count: width))
      }
    }
  }

  /// Writes the numbers of one of them.
  func write(_ place: Int, to target: UnsafeMutableBufferPointer<Double>) {
    store.write(chosen?[place] ?? place, to: target)
  }
}

extension DataArray {
  /// Rows of a store, which are made when they are taken: no copy of all of them is in memory.
  ///
  /// - Parameters:
  ///   - shape: The rows' number, then the axes of a row.
  ///   - store: Where they are.
  ///   - chosen: Their numbers in the store; nil for all.
  /// - Throws: ``TensorError`` of code `shape` where the shape is another one than that of the rows; of code `range` for a number
  ///   that is no row's.
  public init(
    _ shape: Shape, rowsOf store: any RowStore, _ chosen: [Int]? = nil
  ) throws(TensorError) {
    let rows = StoredRows(store: store, chosen: chosen)
    guard shape.isPossible, shape.rank > 0, shape[0] == rows.count,
      shape.count == rows.count * store.width
    else {
      throw TensorError(
        .shape, "data of shape \(shape) were given \(rows.count) rows of \(store.width) numbers")
    }
    if let row = chosen?.first(where: { !(0..<store.rowCount).contains($0) }) {
      throw TensorError(.range, "row \(row) is none of the \(store.rowCount) that there are")
    }
    self.init(shape, .rows(rows))
  }
}
