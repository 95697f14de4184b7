import CKernels

/// An array that an input takes its rows from, batch after batch: what is found out about it once.
final class RowSource {
  /// What is smaller is in the second cache anyway.
  private static let leastBytes = 1 << 20
  /// Bytes of rows that are fetched ahead at the most: they are to stay until they are taken.
  private static let mostBytes = 1 << 15

  /// Kept alive, so that the numbers stay where they are.
  private let data: DataArray
  private let numbers: UnsafeRawPointer?
  private let columns, count, size: Int
  /// Whether rows are copied as they are.
  private let isAsHeld: Bool
  private let isFetched: Bool

  /// An array, for batches of as many rows as an input has.
  init(_ data: DataArray, count: Int, for precision: Precision) {
    self.data = data
    self.count = count
    columns = data.shape.count / max(data.rowCount, 1)
    size = data.rowByteCount
    isFetched =
      size * data.rowCount >= Self.leastBytes && size > 0 && size * count <= Self.mostBytes
    switch data.storage {
    case .single(let values):
      isAsHeld = precision == .single
      numbers = values.withUnsafeBytes { $0.baseAddress }
    case .double(let values):
      isAsHeld = precision == .double
      numbers = values.withUnsafeBytes { $0.baseAddress }
    case .rows: (isAsHeld, numbers) = (false, nil)
    }
  }

  /// Whether it is this array, for such batches.
  func isOf(_ other: DataArray, count: Int) -> Bool {
    count == self.count && data.isStored(with: other) && data.shape == other.shape
  }

  /// Copies rows to an input.
  ///
  /// - Returns: The rows to be fetched for the next batch, if that is worth it.
  func take(_ rows: RowNumbers, to target: Elements, _ algebra: VectorAlgebra) -> RowsAhead? {
    guard isAsHeld, let numbers else {
      data.write(rows, to: target)
      return nil
    }
    guard let list = rows.list else {
      target.base.copyMemory(
        from: numbers + rows.range.lowerBound * size, byteCount: count * size)
      return nil
    }
    return list.withUnsafeBufferPointer { list in
      list.withMemoryRebound(to: Int64.self) { list in
        guard let first = list.baseAddress else { return nil }
        algebra.take(first + rows.range.lowerBound, count, of: numbers, columns, to: target)
        let left = min(count, list.count - rows.range.upperBound)
        return isFetched && left > 0
          ? RowsAhead(
            list: rows, source: self, rows: first + rows.range.upperBound, left: left,
            numbers: numbers, size: size) : nil
      }
    }
  }
}

/// Rows that the next batch will take, on their way into the second cache: where they lie far apart, taking them is most of what
/// a small batch costs.
struct RowsAhead {
  /// Rows that are fetched at once.
  private static let few = 12

  /// What the pointers are into.
  let list: RowNumbers
  let source: RowSource
  var rows: UnsafePointer<Int64>
  var left: Int
  let numbers: UnsafeRawPointer
  let size: Int

  /// Fetches some more; whether there are others.
  mutating func fetchSome() -> Bool {
    let count = min(Self.few, left)
    ck_fetch_rows(Int64(count), Int64(size), rows, numbers)
    rows += count
    left -= count
    return left > 0
  }
}
