/// Numbers as a table, column by column. The last column has the targets of LIBSVM text, of a file of targets, or of an
/// .npz archive that holds an array of them beside the inputs; of any other array it is the array's own. Each row of an
/// array of more than two axes is laid flat. A number that is none (NaN) is a missing cell.
struct NumberTable: TableContent {
  /// Rows that stay where they are, in a file; the columns are behind theirs.
  let mapped: MappedArray?
  private let columns: [[Double]]
  let rowCount: Int
  /// Whether columns that are not there are zeros.
  let isSparse: Bool
  /// Whether the last column may be one of targets.
  let hasTargets: Bool
  /// The checksum of the file of targets.
  let targetChecksum: UInt32?

  var columnCount: Int { mappedCount + columns.count }

  private var mappedCount: Int { mapped?.rowCount ?? 0 }

  /// The most cells, of 1 GiB; of sparse rows, so many an entry where they are more than a few: a small file may claim any
  /// number of columns.
  private static let (mostCells, few, mostAnEntry) = (1 << 27, 1 << 22, 200)

  /// Reads a file of a format that is no text of cells.
  ///
  /// - Throws: ``DataFileError`` for one that is damaged, holds no table, or is too large for one.
  init(
    _ file: FileBytes, _ format: DataFormat, targets: FileBytes?
  ) throws(DataFileError) {
    let given = try targets.map { file throws(DataFileError) in try Self.targets(of: file) }
    switch format {
    case .npy: try self.init(NPY.decode(file), given)
    case .idx: try self.init(IDX.decode(file), given)
    case .libsvm: try self.init(sparse: LIBSVM.decode(file), given)
    case .npz: try self.init(NPZ(file), file, given)
    case .safetensors, .png, .jpeg, .table:
      throw DataFileError(
        file.path, "is \(format.rawValue), which is no table here",
        remedy: "store the rows as .npy, .npz or separated values")
    }
  }

  private init(
    _ archive: NPZ, _ file: FileBytes, _ targets: FileArray?
  ) throws(DataFileError) {
    if archive.isSparse {
      try self.init(sparse: SparseTable.decode(file), targets)
      return
    }
    var arrays: [FileArray] = []
    for name in archive.names { arrays.append(try archive.array(name)) }
    let own = arrays.filter { $0.shape.count == 1 || $0.shape.count == 2 && $0.shape[1] == 1 }
    if arrays.count == 1 {
      try self.init(arrays[0], targets)
    } else if arrays.count == 2, own.count == 1, targets == nil,
      let inputs = arrays.first(where: { $0 != own[0] })
    {
      try self.init(inputs, own[0])
    } else {
      let found = zip(archive.names, arrays).map { "\($0) \($1.shape)" }.joined(separator: ", ")
      throw DataFileError(
        file.path, "holds the arrays \(found)",
        remedy: "give one of inputs, and one of a target for each of its rows")
    }
  }

  /// An array as it lies in its file, of any number of rows.
  ///
  /// - Throws: ``DataFileError`` for one that is no table, or has infinite numbers.
  init(_ array: MappedArray, targets: FileBytes?) throws(DataFileError) {
    let path = array.file.path
    try Self.checkRows(array.shape, path)
    if let row = (0..<array.rows).first(where: array.hasInfinite) {
      throw Self.infinite(path, row: row)
    }
    let given = try targets.map { file throws(DataFileError) in try Self.targets(of: file) }
    let columns = try given.map { given throws(DataFileError) in
      try Self.column(given, array.rows, path)
    }
    self.init(
      columns.map { [$0] } ?? [], array.rows, isSparse: false,
      hasTargets: given != nil || array.shape.count == 2, given?.checksum, mapped: array)
  }

  private init(_ array: FileArray, _ targets: FileArray?) throws(DataFileError) {
    let (rows, width) = (array.rows, array.rowCount)
    try Self.checkRows(array.shape, array.path)
    try Self.check(rows, width, most: Self.mostCells, array.path, "leave out rows or columns")
    let values = array.values
    if let place = values.firstIndex(where: \.isInfinite) {
      throw Self.infinite(array.path, row: place / width)
    }
    var columns = (0..<width).map { column in
      (0..<rows).map { values[$0 * width + column] }
    }
    if let targets { columns.append(try Self.column(targets, rows, array.path)) }
    self.init(
      columns, rows, isSparse: false, hasTargets: targets != nil || array.shape.count == 2,
      targets?.checksum)
  }

  private init(sparse table: SparseTable, _ targets: FileArray?) throws(DataFileError) {
    let (rows, width) = (table.matrix.rowCount, table.matrix.columnCount)
    guard rows > 0, width > 0 else {
      throw DataFileError(
        table.path, "holds a matrix of \(rows) x \(width)", remedy: "give one with rows and columns"
      )
    }
    let most = max(
      Self.few, min(table.matrix.entryCount, Self.mostCells / Self.mostAnEntry) * Self.mostAnEntry)
    try Self.check(
      rows, width, most: most, table.path,
      "leave out columns, or keep it sparse: by problem sparse-regularisation, or SparseTable.read")
    if targets != nil, table.targets != nil {
      throw DataFileError(
        table.path, "has targets of its own", remedy: "leave out the other file of targets")
    }
    var columns = table.matrix.denseColumns(width)
    if let targets {
      columns.append(try Self.column(targets, rows, table.path))
    } else if let own = table.targets {
      columns.append(own)
    }
    self.init(
      columns, rows, isSparse: true, hasTargets: columns.count > width, targets?.checksum)
  }

  private init(
    _ columns: [[Double]], _ rows: Int, isSparse: Bool, hasTargets: Bool, _ checksum: UInt32?,
    mapped: MappedArray? = nil
  ) {
    (self.columns, rowCount, self.isSparse) = (columns, rows, isSparse)
    (self.hasTargets, targetChecksum) = (hasTargets, checksum)
    self.mapped = mapped
  }

  /// With zeros before the targets, or behind the inputs where there are none.
  func widened(to count: Int) -> NumberTable {
    let zeros = [[Double]](
      repeating: [Double](repeating: 0, count: rowCount), count: count - columnCount)
    let inputs = hasTargets ? columnCount - 1 : columnCount
    return NumberTable(
      columns[..<inputs] + zeros + columns[inputs...], rowCount, isSparse: true,
      hasTargets: hasTargets, targetChecksum)
  }

  private static func checkRows(_ shape: [Int], _ path: String) throws(DataFileError) {
    guard shape.count > 0, shape.allSatisfy({ $0 > 0 }) else {
      throw DataFileError(
        path, "holds an array of shape \(shape)",
        remedy: "give one with rows, shape [rows, columns]")
    }
  }

  private static func infinite(_ path: String, row: Int) -> DataFileError {
    DataFileError(
      path, at: .row(row), "has an infinite number",
      remedy: "leave it out, or make it NaN for a missing cell")
  }

  private static func check(
    _ rows: Int, _ columns: Int, most: Int, _ path: String, _ remedy: String
  ) throws(DataFileError) {
    let (cells, overflow) = rows.multipliedReportingOverflow(by: columns)
    guard !overflow, cells <= most else {
      throw DataFileError(
        path, "has \(rows) x \(columns) cells, and as a table it may have \(most)", remedy: remedy)
    }
  }

  /// A file of one target a row.
  private static func targets(of file: FileBytes) throws(DataFileError) -> FileArray {
    if let array = try FileArray.decode(file) { return array }
    throw DataFileError(
      file.path, "is \(DataFormat(of: file).rawValue), and targets are needed",
      remedy: "give an .npy or IDX array with one target a row")
  }

  private static func column(
    _ targets: FileArray, _ rows: Int, _ inputs: String
  ) throws(DataFileError) -> [Double] {
    guard targets.rowCount == 1, targets.shape.count > 0, targets.rows == rows else {
      throw DataFileError(
        targets.path, "has targets of shape \(targets.shape) for the \(rows) rows of \(inputs)",
        remedy: "give one target a row")
    }
    let values = targets.values
    if let row = values.firstIndex(where: \.isInfinite) {
      throw DataFileError(
        targets.path, at: .row(row), "the target is infinite", remedy: "correct it, or make it NaN")
    }
    return values
  }

  private func number(_ row: Int, _ column: Int) -> Double {
    if let mapped, column < mappedCount { return mapped[row * mappedCount + column] }
    return columns[column - mappedCount][row]
  }

  func content(_ row: Int, _ column: Int) -> Table.Content {
    let value = number(row, column)
    return value.isNaN ? .missing : .number(value)
  }

  func word(_ row: Int, _ column: Int) -> String? {
    let value = number(row, column)
    return Int(exactly: value).map(String.init) ?? "\(value)"
  }

  func place(_ row: Int, _ column: Int) -> DataFileError.Place { .row(row) }
}

extension MappedArray {
  fileprivate func hasInfinite(row: Int) -> Bool {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: rowCount) { numbers in
      write(from: row * rowCount, to: numbers)
      return numbers.contains(where: \.isInfinite)
    }
  }
}
