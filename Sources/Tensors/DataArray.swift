/// Numbers with a shape, outside any program: a task's data, a model's predictions.
public struct DataArray: Sendable, Equatable {
  /// How the numbers are held. Programs convert to their own precision.
  public enum Storage: Sendable, Equatable {
    /// 32-bit numbers.
    case single([Float])
    /// 64-bit numbers.
    case double([Double])
    /// Rows that are made when they are taken.
    case rows(StoredRows)
  }

  /// The size of each axis.
  public let shape: Shape
  /// The numbers, the last axis running fastest.
  public let storage: Storage

  /// Numbers in a shape, held in 64 bits.
  ///
  /// - Parameters:
  ///   - shape: The size of each axis, the outermost first.
  ///   - values: As many numbers as the shape has elements, the last axis running fastest.
  /// - Throws: ``TensorError`` of code `shape` where the shape has another number of elements, or a size below 0.
  public init(_ shape: Shape, _ values: [Double]) throws(TensorError) {
    try Self.check(shape, values.count)
    self.shape = shape
    storage = .double(values)
  }

  /// Numbers in a shape, held in 32 bits.
  ///
  /// - Parameters:
  ///   - shape: The size of each axis, the outermost first.
  ///   - values: As many numbers as the shape has elements, the last axis running fastest.
  /// - Throws: ``TensorError`` of code `shape` where the shape has another number of elements, or a size below 0.
  public init(_ shape: Shape, _ values: [Float]) throws(TensorError) {
    try Self.check(shape, values.count)
    self.shape = shape
    storage = .single(values)
  }

  /// As many numbers as the shape has elements, which is not checked.
  init(_ shape: Shape, _ storage: Storage) {
    (self.shape, self.storage) = (shape, storage)
  }

  /// A list of numbers, shape `[count]`.
  public init(_ values: [Double]) {
    shape = [values.count]
    storage = .double(values)
  }

  /// A list of class or row numbers, shape `[count]`.
  public init(indices: [Int]) {
    shape = [indices.count]
    storage = .double(indices.map(Double.init))
  }

  /// Nothing, shape `[0]`: for objectives that need no data.
  public static let empty = DataArray([])

  /// A copy of the numbers in 64 bits, the last axis running fastest.
  public var values: [Double] {
    switch storage {
    case .single(let values): values.map(Double.init)
    case .double(let values): values
    case .rows(let rows): rows.values
    }
  }

  private static func check(_ shape: Shape, _ count: Int) throws(TensorError) {
    guard shape.isPossible, shape.count == count else {
      let asked = shape.isPossible ? "needs \(shape.count) numbers" : "is impossible"
      throw TensorError(.shape, "data of shape \(shape) \(asked), and \(count) were given")
    }
  }

  /// Whether these are the same numbers, not copies of each other.
  func isStored(with other: DataArray) -> Bool {
    switch (storage, other.storage) {
    case (.single(let mine), .single(let others)): mine.isStored(with: others)
    case (.double(let mine), .double(let others)): mine.isStored(with: others)
    case (.rows(let mine), .rows(let others)): mine.isStored(with: others)
    default: false
    }
  }

  /// Has the rows along the first axis used in 64 bits, one after another.
  ///
  /// - Parameter use: Gets a row's number and its numbers.
  package func forEachRow(_ use: (Int, UnsafeBufferPointer<Double>) -> Void) {
    let width = rowCount > 0 ? shape.count / rowCount : 0
    switch storage {
    case .single, .double:
      values.withUnsafeBufferPointer { values in
        for place in 0..<rowCount {
          use(place, UnsafeBufferPointer(rebasing: values[place * width..<(place + 1) * width]))
        }
      }
    case .rows(let rows):
      withUnsafeTemporaryAllocation(of: Double.self, capacity: width) { row in
        for place in 0..<rowCount {
          rows.write(place, to: row)
          use(place, UnsafeBufferPointer(row))
        }
      }
    }
  }

  func write(to elements: Elements) {
    switch storage {
    case .single(let values): elements.set(values)
    case .double(let values): elements.set(values)
    case .rows(let rows): rows.write(RowNumbers(0..<rows.count), to: elements)
    }
  }

  /// Checks that the numbers which are used as class or row numbers are as that asks for, and exact in a precision.
  func checkIndices(
    _ index: InputIndex, in precision: Precision, named name: String
  ) throws(TensorError) {
    switch storage {
    case .single(let values): try check(values, index, precision, name)
    case .double(let values): try check(values, index, precision, name)
    case .rows(let rows): try check(rows.values, index, precision, name)
    }
  }

  private func check<Value: BinaryFloatingPoint>(
    _ values: [Value], _ index: InputIndex, _ precision: Precision, _ name: String
  ) throws(TensorError) {
    let use = index.use
    let what = use.isLabel ? "class" : "row"
    let (exact, exception) = (precision.largestExactInteger, use.exception.map { Value($0) })
    var previous = -Value.infinity
    for position in index.positions(values.count, rows: rowCount) {
      let value = values[position]
      defer { previous = value }
      guard value != exception else { continue }
      guard value >= 0, value < Value(use.bound), value == value.rounded(.towardZero) else {
        throw TensorError(
          .range,
          "\(name)[\(position)] is \(value): a \(what) number must be whole and from 0 to "
            + "\(use.bound - 1)")
      }
      guard !use.isRising || value >= previous else {
        throw TensorError(
          .range, "\(name)[\(position)] is \(value), below the one before it: rows begin in order")
      }
      guard value <= Value(exact) else {
        throw TensorError(
          .range,
          "\(name)[\(position)] is \(value): \(precision.rawValue) precision holds \(what) numbers "
            + "up to \(exact); use precision double")
      }
    }
  }
}

extension Array {
  /// Whether these are the same elements, not copies of each other. Two arrays that are both alive share a place only where
  /// they share their storage, which neither can change without making its own first.
  package func isStored(with other: [Element]) -> Bool {
    count == other.count
      && withUnsafeBufferPointer { mine in
        other.withUnsafeBufferPointer { mine.baseAddress == $0.baseAddress }
      }
  }
}
