import BilevelOptimization
import DataFiles
import Tensors

/// Sparse rows with classes or quantities.
struct SparseExamples: Sendable {
  let matrix: SparseMatrix
  /// Each row's class or quantity.
  let targets: ExampleTable.Targets
  /// Checksums of the files; none for examples that come with the program.
  let checksums: [DataChecksum]

  private init(
    _ matrix: SparseMatrix, _ targets: ExampleTable.Targets, _ checksums: [DataChecksum]
  ) {
    (self.matrix, self.targets, self.checksums) = (matrix, targets, checksums)
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
    return SparseExamples(
      matrix, .classes(Digits.all.labels, names: Digits.all.classNames), [])
  }

  /// Those of a place: LIBSVM text, or `ROWS,TARGETS` of a file of sparse rows and an array with a target for each; the embedded
  /// digits where there is none.
  ///
  /// - Parameters:
  ///   - text: The place.
  ///   - kind: What the targets are; where that is not said, classes if all are whole numbers.
  /// - Throws: `DataFileError` for files that cannot be read or do not fit together.
  init(_ text: String, _ kind: TableSettings.Kind) throws(DataFileError) {
    guard !text.isEmpty else {
      self = .digits
      return
    }
    let (table, targets, checksums) = try Self.read(text)
    guard Self.isClassification(targets, kind) else {
      if let row = targets.firstIndex(where: { !$0.isFinite }) {
        throw DataFileError(
          table.path, at: .row(row), "the target \(targets[row]) is no finite number",
          remedy: "correct it")
      }
      self.init(table.matrix, .numbers(targets), checksums)
      return
    }
    let names = Set(targets).sorted()
    guard names.count >= 2, names.count < targets.count else {
      throw DataFileError(
        table.path, "has targets of \(names.count) classes among \(targets.count) rows",
        remedy: "give classes as numbers, at least two of them, and fewer than rows; or set "
          + "kind=regression")
    }
    let numbers = Dictionary(uniqueKeysWithValues: zip(names, names.indices))
    self.init(
      table.matrix, .classes(targets.compactMap { numbers[$0] }, names: names.map(Self.name)),
      checksums)
  }

  private static func isClassification(_ targets: [Double], _ kind: TableSettings.Kind) -> Bool {
    kind == .auto ? targets.allSatisfy { $0 == $0.rounded() } : kind == .classification
  }

  private static func read(
    _ text: String
  ) throws(DataFileError) -> (SparseTable, [Double], [DataChecksum]) {
    guard case .pair(let rows, let targets) = DataPlace(text) else {
      let table = try SparseTable.read(text)
      guard let own = table.targets else {
        throw DataFileError(
          text, "has sparse rows and no targets",
          remedy: "name an array of them behind a comma: data=\(text),TARGETS.npy")
      }
      return (table, own, [DataChecksum("rows", table.checksum)])
    }
    let table = try SparseTable.read(rows)
    guard let file = try FileArray.decode(FileBytes(reading: targets)), file.shape.count == 1,
      file.rows == table.matrix.rowCount
    else {
      throw DataFileError(
        targets, "is no array of \(table.matrix.rowCount) targets, one a row of \(rows)",
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

  /// These, then those of another place with the same classes, or quantities; its rows may lack the last columns, which are 0
  /// then.
  ///
  /// - Parameters:
  ///   - text: The place.
  ///   - part: What they do, for the names of their checksums.
  /// - Returns: All.
  /// - Throws: `DataFileError` for files that cannot be read, more columns, or other classes.
  func followed(by text: String, as part: String) throws(DataFileError) -> SparseExamples {
    let others = try SparseExamples(
      text, targets.isClassification ? .classification : .regression)
    guard others.matrix.columnCount <= matrix.columnCount else {
      throw DataFileError(
        text, "has \(others.matrix.columnCount) columns, and data has \(matrix.columnCount)",
        remedy: "give rows of the same columns")
    }
    return SparseExamples(
      matrix.followed(by: others.matrix), try targets.followed(by: others.targets, of: text),
      checksums + others.checksums.ofPart(part))
  }

  /// Some rows: their values as data, with `starts` and `columns`, and what goes with them.
  ///
  /// - Parameters:
  ///   - rows: Which.
  ///   - standard: What quantities are standardised by.
  ///   - extras: What goes with them.
  /// - Returns: The examples.
  /// - Throws: `TensorError` for arrays that do not fit each other.
  func examples(
    _ rows: [Int], standardisedBy standard: Standardisation?, _ extras: [Examples.Extra] = []
  ) throws -> Examples {
    let own = matrix.rows(rows)
    return Examples(
      data: try DataArray([own.entryCount], own.values),
      target: try targets.array(rows, standard),
      extras: [
        .init("starts", DataArray(indices: own.starts)),
        .init("columns", DataArray(indices: own.columns.map { Int($0) })),
      ] + extras)
  }
}

extension SparseMatrix {
  /// These rows, then those of a matrix of no more columns.
  fileprivate func followed(by others: SparseMatrix) -> SparseMatrix {
    SparseMatrix(
      columnCount: columnCount,
      starts: starts + others.starts.dropFirst().map { entryCount + $0 },
      columns: columns + others.columns, values: values + others.values)
  }
}

extension ExampleTable.Targets {
  /// These, then those of a file, whose classes are of the same names.
  fileprivate func followed(
    by others: ExampleTable.Targets, of path: String
  ) throws(DataFileError) -> ExampleTable.Targets {
    switch (self, others) {
    case (.numbers(let own), .numbers(let more)): return .numbers(own + more)
    case (.classes(let own, let names), .classes(let more, let otherNames)):
      var numbers: [Int] = []
      for name in otherNames {
        guard let number = names.firstIndex(of: name) else {
          throw DataFileError(
            path, "has the class \(name), which is none of data's",
            remedy: "give the same classes, \(names.prefix(20).joined(separator: ", "))")
        }
        numbers.append(number)
      }
      return .classes(own + more.map { numbers[$0] }, names: names)
    default: fatalError("targets of \(path) were read as another kind")
    }
  }
}
