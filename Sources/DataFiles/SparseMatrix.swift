/// A sparse matrix in compressed rows, as SciPy's `csr_matrix` has it: entries `starts[r] ..< starts[r + 1]` belong to row
/// r. A column may come several times in a row: then they add up.
public struct SparseMatrix: Sendable, Equatable {
  /// How many columns there are.
  public let columnCount: Int
  /// Where rows start among the entries, and where the last ends: `[rows + 1]`.
  public let starts: [Int]
  /// Each entry's column, from 0.
  public let columns: [Int32]
  /// Each entry's value.
  public let values: [Double]

  /// A matrix of parts that fit together.
  package init(columnCount: Int, starts: [Int], columns: [Int32], values: [Double]) {
    (self.columnCount, self.starts) = (columnCount, starts)
    (self.columns, self.values) = (columns, values)
  }

  /// How many rows there are.
  public var rowCount: Int { starts.count - 1 }

  /// How many entries there are.
  public var entryCount: Int { columns.count }

  /// Some rows, in that order.
  public func rows(_ rows: [Int]) -> SparseMatrix {
    var (starts, columns, values): ([Int], [Int32], [Double]) = ([0], [], [])
    for row in rows {
      columns += self.columns[self.starts[row]..<self.starts[row + 1]]
      values += self.values[self.starts[row]..<self.starts[row + 1]]
      starts.append(columns.count)
    }
    return SparseMatrix(columnCount: columnCount, starts: starts, columns: columns, values: values)
  }

  /// The matrix column by column, with its zeros; those behind its own, up to a number, are zeros.
  func denseColumns(_ count: Int) -> [[Double]] {
    var dense = [[Double]](repeating: [Double](repeating: 0, count: rowCount), count: count)
    for row in 0..<rowCount {
      for entry in starts[row]..<starts[row + 1] {
        dense[Int(columns[entry])][row] += values[entry]
      }
    }
    return dense
  }
}

extension SparseMatrix {
  /// A matrix that SciPy's `save_npz` has stored: arrays data, indices, indptr, shape and format, which is csr.
  ///
  /// - Throws: ``DataFileError`` for arrays that are none, or do not fit together.
  init(_ archive: NPZ) throws(DataFileError) {
    let remedy = "save it by scipy.sparse.save_npz, after .tocsr()"
    func wrong(_ problem: String, at place: DataFileError.Place = .file) -> DataFileError {
      DataFileError(archive.path, at: place, problem, remedy: remedy)
    }
    let format = try archive.text("format")
    guard format == "csr" else { throw wrong("the sparse matrix is in format \(format), not csr") }
    func whole(_ name: String) throws(DataFileError) -> [Int] {
      let array = try archive.array(name)
      guard array.shape.count == 1 else { throw wrong("\(name) is of shape \(array.shape)") }
      var numbers: [Int] = []
      numbers.reserveCapacity(array.rows)
      for (place, value) in array.values.enumerated() {
        guard let number = Int(exactly: value), number >= 0 else {
          throw wrong("\(name) has \(value), which is no whole number from 0", at: .row(place))
        }
        numbers.append(number)
      }
      return numbers
    }
    let shape = try whole("shape")
    guard shape.count == 2 else { throw wrong("its shape has \(shape.count) sizes, not 2") }
    let (starts, indices) = (try whole("indptr"), try whole("indices"))
    let data = try archive.array("data")
    guard shape[1] <= Int(Int32.max), starts.count - 1 == shape[0], starts.first == 0,
      starts.last == indices.count, data.shape == [indices.count]
    else {
      throw wrong(
        "a matrix of \(shape[0]) x \(shape[1]) cannot have \(starts.count) starts of rows up to "
          + "\(starts.last ?? 0), \(indices.count) columns and data of shape \(data.shape)")
    }
    if let row = zip(starts, starts.dropFirst()).enumerated().first(where: { $1.0 > $1.1 })?.offset
    {
      throw wrong("indptr falls from \(starts[row]) to \(starts[row + 1])", at: .row(row))
    }
    if let entry = indices.firstIndex(where: { $0 >= shape[1] }) {
      throw wrong("indices has column \(indices[entry]) of \(shape[1])", at: .row(entry))
    }
    let values = data.values
    if let entry = values.firstIndex(where: { !$0.isFinite }) {
      throw wrong("data has \(values[entry]), which is no finite number", at: .row(entry))
    }
    self.init(
      columnCount: shape[1], starts: starts, columns: indices.map { Int32($0) }, values: values)
  }
}
