/// Which rows of arrays a batch has: some that follow each other, or a piece of a list of numbers that many batches share.
package struct RowNumbers: Sendable, Equatable {
  /// The list; nil where the rows themselves follow each other.
  let list: [Int]?
  /// Places in the list, or the rows.
  let range: Range<Int>
  /// All rows are below it.
  package let bound: Int

  /// Rows that follow each other.
  package init(_ range: Range<Int>) {
    (list, self.range, bound) = (nil, range, range.upperBound)
  }

  /// A piece of a list.
  ///
  /// - Parameters:
  ///   - list: Numbers from 0 to below `bound`.
  ///   - range: Places in it.
  ///   - bound: What they are below.
  package init(_ list: [Int], _ range: Range<Int>, below bound: Int) {
    precondition(list.indices.contains(range), "no rows at \(range) of a list of \(list.count)")
    (self.list, self.range, self.bound) = (list, range, bound)
  }

  /// Some of them, by their places.
  package func piece(_ places: Range<Int>) -> RowNumbers {
    precondition((0..<count).contains(places), "no rows at \(places) of \(count)")
    let start = range.lowerBound
    return RowNumbers(
      list: list, start + places.lowerBound..<start + places.upperBound, bound: bound)
  }

  private init(list: [Int]?, _ range: Range<Int>, bound: Int) {
    (self.list, self.range, self.bound) = (list, range, bound)
  }

  /// How many.
  package var count: Int { range.count }

  /// A row, in the order of the batch.
  subscript(place: Int) -> Int {
    list?[range.lowerBound + place] ?? range.lowerBound + place
  }
}

extension Range<Int> {
  fileprivate func contains(_ other: Range<Int>) -> Bool {
    lowerBound <= other.lowerBound && other.upperBound <= upperBound
  }
}

extension DataArray {
  /// How many rows there are along the first axis.
  package var rowCount: Int { shape.rank > 0 ? shape[0] : 0 }

  /// Bytes of a row.
  var rowByteCount: Int {
    let size: Int
    switch storage {
    case .single, .rows: size = MemoryLayout<Float>.size
    case .double: size = MemoryLayout<Double>.size
    }
    return rowCount > 0 ? shape.count / rowCount * size : 0
  }

  /// Some of the rows; the array itself where it has none at all.
  ///
  /// - Parameter rows: Which; below ``rowCount``.
  /// - Returns: As many rows.
  package func rows(_ rows: RowNumbers) -> DataArray {
    guard rowCount > 0 else { return self }
    let width = shape.count / rowCount
    func chosen<Number: BitwiseCopyable>(_ numbers: [Number]) -> [Number] {
      numbers.withUnsafeBufferPointer { numbers in
        Array(unsafeUninitializedCapacity: rows.count * width) { result, count in
          guard let source = numbers.baseAddress, let target = result.baseAddress else { return }
          for place in 0..<rows.count {
            (target + place * width).initialize(from: source + rows[place] * width, count: width)
          }
          count = rows.count * width
        }
      }
    }
    return switch storage {
    case .single(let numbers): DataArray(shape.withRows(rows.count), .single(chosen(numbers)))
    case .double(let numbers): DataArray(shape.withRows(rows.count), .double(chosen(numbers)))
    case .rows(let stored): DataArray(shape.withRows(rows.count), .rows(stored.chosen(rows)))
    }
  }

  /// Copies some of the rows to a program's memory.
  func write(_ rows: RowNumbers, to elements: Elements) {
    let width = rowCount > 0 ? shape.count / rowCount : 0
    switch storage {
    case .single(let numbers): write(numbers, rows, width, to: elements)
    case .double(let numbers): write(numbers, rows, width, to: elements)
    case .rows(let stored): stored.write(rows, to: elements)
    }
  }

  private func write<Number: BinaryFloatingPoint>(
    _ numbers: [Number], _ rows: RowNumbers, _ width: Int, to elements: Elements
  ) {
    precondition(rows.count * width == elements.count, "a batch of another size than its input")
    for place in 0..<rows.count {
      let (from, to) = (rows[place] * width, place * width)
      for column in 0..<width { elements[to + column] = Double(numbers[from + column]) }
    }
  }
}

extension Shape {
  /// The shape with another first axis.
  package func withRows(_ count: Int) -> Shape { Shape([count] + sizes.dropFirst()) }

  /// Whether another shape is this one with so many rows; nil for as many as there are.
  package func fits(_ other: Shape, rows: Int?) -> Bool {
    guard let rows, rank > 0 else { return self == other }
    guard rank == other.rank, other[0] == rows else { return false }
    for axis in 1..<rank where self[axis] != other[axis] { return false }
    return true
  }
}
