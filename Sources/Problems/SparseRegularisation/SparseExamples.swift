import BilevelOptimization
import DataFiles
import Tensors

/// Sparse rows with classes.
struct SparseExamples: Sendable {
  let matrix: SparseMatrix
  /// Each row's class.
  let classes: [Int]
  /// What the classes are called.
  let classNames: [String]
  /// Checksums of the files; none for examples that come with the program.
  let checksums: [DataChecksum]

  private init(
    _ matrix: SparseMatrix, _ classes: [Int], _ classNames: [String], _ checksums: [DataChecksum]
  ) {
    (self.matrix, self.classes) = (matrix, classes)
    (self.classNames, self.checksums) = (classNames, checksums)
  }

  /// The embedded digits' ink, each image of length 1.
  static var digits: SparseExamples {
    var (starts, columns, values): ([Int], [Int32], [Double]) = ([0], [], [])
    for index in Digits.all.labels.indices {
      let image = Digits.all.image(index).map(Double.init)
      let length = image.reduce(0) { $0 + $1 * $1 }.squareRoot()
      for (pixel, ink) in image.enumerated() where ink != 0 {
        columns.append(Int32(pixel))
        values.append(ink / length)
      }
      starts.append(columns.count)
    }
    let matrix = SparseMatrix(
      columnCount: Digits.all.pixelCount, starts: starts, columns: columns, values: values)
    return SparseExamples(matrix, Digits.all.labels, Digits.all.classNames, [])
  }

  /// Those of a place: LIBSVM text, or `ROWS,CLASSES` of a file of sparse rows and an array with a class for each; the embedded
  /// digits where there is none.
  ///
  /// - Throws: `DataFileError` for files that cannot be read or do not fit together.
  init(_ text: String) throws(DataFileError) {
    guard !text.isEmpty else {
      self = .digits
      return
    }
    let (table, labels, checksums) = try Self.read(text)
    let names = Set(labels).sorted()
    guard names.count >= 2, names.count < labels.count else {
      throw DataFileError(
        table.path, "has targets of \(names.count) classes among \(labels.count) rows",
        remedy: "give classes as numbers, at least two of them, and fewer than rows")
    }
    let numbers = Dictionary(uniqueKeysWithValues: zip(names, names.indices))
    self.init(
      table.matrix, labels.compactMap { numbers[$0] }, names.map(Self.name), checksums)
  }

  private static func read(
    _ text: String
  ) throws(DataFileError) -> (SparseTable, [Double], [DataChecksum]) {
    guard case .pair(let rows, let classes) = DataPlace(text) else {
      let table = try SparseTable.read(text)
      guard let targets = table.targets else {
        throw DataFileError(
          text, "has sparse rows and no classes",
          remedy: "name an array of them behind a comma: data=\(text),CLASSES.npy")
      }
      return (table, targets, [DataChecksum("rows", table.checksum)])
    }
    let table = try SparseTable.read(rows)
    guard let file = try FileArray.decode(FileBytes(reading: classes)), file.shape.count == 1,
      file.rows == table.matrix.rowCount
    else {
      throw DataFileError(
        classes, "is no array of \(table.matrix.rowCount) classes, one a row of \(rows)",
        remedy: "give an IDX or .npy file")
    }
    return (
      table, file.values,
      [DataChecksum("rows", table.checksum), DataChecksum("classes", file.checksum)]
    )
  }

  private static func name(_ number: Double) -> String {
    Int(exactly: number).map(String.init) ?? "\(number)"
  }

  /// These, then those of another place with the same classes; its rows may lack the last columns, which are 0 then.
  ///
  /// - Parameters:
  ///   - text: The place.
  ///   - part: What they do, for the names of their checksums.
  /// - Returns: All.
  /// - Throws: `DataFileError` for files that cannot be read, more columns, or other classes.
  func followed(by text: String, as part: String) throws(DataFileError) -> SparseExamples {
    let others = try SparseExamples(text)
    guard others.matrix.columnCount <= matrix.columnCount else {
      throw DataFileError(
        text, "has \(others.matrix.columnCount) columns, and data has \(matrix.columnCount)",
        remedy: "give rows of the same columns")
    }
    var numbers: [Int] = []
    for name in others.classNames {
      guard let number = classNames.firstIndex(of: name) else {
        throw DataFileError(
          text, "has the class \(name), which is none of data's",
          remedy: "give the same classes, \(classNames.prefix(20).joined(separator: ", "))")
      }
      numbers.append(number)
    }
    let first = matrix.entryCount
    let all = SparseMatrix(
      columnCount: matrix.columnCount,
      starts: matrix.starts + others.matrix.starts.dropFirst().map { first + $0 },
      columns: matrix.columns + others.matrix.columns,
      values: matrix.values + others.matrix.values)
    return SparseExamples(
      all, classes + others.classes.map { numbers[$0] }, classNames,
      checksums + others.checksums.ofPart(part))
  }

  /// Some rows: their values as data, with `starts` and `columns`, and what goes with them.
  ///
  /// - Throws: `TensorError` for arrays that do not fit each other.
  func examples(_ rows: [Int], _ extras: [Examples.Extra] = []) throws -> Examples {
    let own = matrix.rows(rows)
    return Examples(
      data: try DataArray([own.entryCount], own.values),
      target: DataArray(indices: rows.map { classes[$0] }),
      extras: [
        .init("starts", DataArray(indices: own.starts)),
        .init("columns", DataArray(indices: own.columns.map { Int($0) })),
      ] + extras)
  }

  /// The largest eigenvalue of the mean of x x' over some rows x, by the power method (from below, within some per cent).
  func largestSpread(_ rows: [Int]) -> Double {
    let own = matrix.rows(rows)
    var direction = [Double](repeating: 1, count: own.columnCount)
    var eigenvalue = 0.0
    for _ in 0..<Self.powerSteps {
      let length = direction.reduce(0) { $0 + $1 * $1 }.squareRoot()
      guard length > 0 else { return 0 }
      var next = [Double](repeating: 0, count: own.columnCount)
      for row in 0..<own.rowCount {
        let entries = own.starts[row]..<own.starts[row + 1]
        let product = entries.reduce(0) { $0 + own.values[$1] * direction[Int(own.columns[$1])] }
        for entry in entries {
          next[Int(own.columns[entry])] +=
            own.values[entry] * product / length / Double(own.rowCount)
        }
      }
      direction = next
      eigenvalue = direction.reduce(0) { $0 + $1 * $1 }.squareRoot()
    }
    return eigenvalue
  }

  private static var powerSteps: Int { 20 }
}
