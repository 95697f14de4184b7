import DataFiles
import Tensors

/// Rows of a table with classes, whose columns are brought to the standard of the rows that train.
package struct LabelledRows: Sendable {
  let table: ExampleTable
  let labels: [Int]
  let classNames: [String]
  var checksums: [DataChecksum] { table.checksums }
  /// Of each column; none until it is known which rows train.
  private(set) var standards: [Standardisation] = []

  /// A user's table.
  ///
  /// - Throws: `DataFileError` for a file that cannot be read, or whose targets are no classes.
  init(_ settings: TableSettings) throws(DataFileError) {
    self.init(try ExampleTable(settings))
  }

  /// The targets are classes: settings say so.
  private init(_ table: ExampleTable) {
    self.table = table
    switch table.targets {
    case .classes(let classes, let names): (labels, classNames) = (classes, names)
    case .numbers: (labels, classNames) = ([], [])
    }
  }

  /// These rows, then those of another table.
  ///
  /// - Parameters:
  ///   - path: The other table.
  ///   - part: What its rows do, for the names of its checksums.
  ///   - settings: How tables are read.
  /// - Returns: All rows.
  /// - Throws: `DataFileError` for a table with other columns, or with classes that these rows have not.
  func followed(
    by path: String, as part: String, _ settings: TableSettings
  ) throws(DataFileError) -> LabelledRows {
    LabelledRows(try table.followed(by: path, as: part, settings))
  }

  func standardised(by training: [Int]) -> LabelledRows {
    var rows = self
    rows.standards = table.inputs.standards(of: training)
    return rows
  }

  func inputs(_ indices: [Int]) throws(TensorError) -> DataArray {
    try table.inputs.array(indices, standards)
  }

  /// The inputs of all rows of another file, which needs no labels.
  ///
  /// - Throws: `DataFileError` for a file that cannot be read or lacks columns; `TensorError`.
  func inputs(ofFile path: String, _ settings: TableSettings) throws -> DataArray {
    let file = try settings.table(path, like: table.encoding)
    let inputs = try table.encoding.matched(to: file).inputs(of: file)
    return try inputs.array(Array(0..<file.rowCount), standards)
  }
}
