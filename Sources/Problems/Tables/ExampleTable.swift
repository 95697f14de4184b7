import DataFiles

/// Examples of a table: columns of inputs, and targets.
package struct ExampleTable: Sendable {
  /// What the targets are.
  package enum Targets: Sendable, Equatable {
    /// Numbers of classes, and what these are called.
    case classes([Int], names: [String])
    /// Numbers.
    case numbers([Double])
  }

  /// The columns of inputs.
  let encoding: InputEncoding
  /// Their numbers; those of missing cells are not numbers.
  package let inputs: ExampleInputs
  /// The targets.
  package let targets: Targets
  /// Which rows of the file they are, from 0.
  package let rows: [Int]
  /// Checksums of the files; none for examples that come with the program.
  let checksums: [DataChecksum]
  /// What a person should know about how the file was read.
  let notes: [(key: String, value: String)]

  /// How many examples there are.
  var count: Int { targets.count }

  /// The embedded digits.
  static var digits: ExampleTable {
    let digits = Digits.all
    let images = digits.labels.indices.map(digits.image)
    let names = (0..<digits.pixelCount).map { "pixel \($0)" }
    return ExampleTable(
      encoding: InputEncoding(numbers: names),
      inputs: ExampleInputs(names.indices.map { pixel in images.map { Double($0[pixel]) } }),
      targets: .classes(digits.labels, names: (0..<digits.classCount).map(String.init)),
      rows: Array(digits.labels.indices), checksums: [], notes: [])
  }
}

extension ExampleTable {
  /// Reads a file as settings say.
  ///
  /// - Throws: `DataFileError` that says what is wrong, where, and which setting would help.
  init(_ settings: TableSettings) throws(DataFileError) {
    try self.init(try settings.table(settings.data), settings)
  }

  /// The examples of a table that was read.
  ///
  /// - Throws: `DataFileError` that says what is wrong, where, and which setting would help.
  package init(_ table: Table, _ settings: TableSettings) throws(DataFileError) {
    let target = try Self.target(of: table, settings)
    try self.init(
      table, settings, target: target, InputEncoding(table, settings, target: target), classes: [])
  }

  private static func target(
    of table: Table, _ settings: TableSettings
  ) throws(DataFileError) -> Int {
    guard table.hasTargets else {
      throw DataFileError(
        table.path, "has inputs and no targets",
        remedy: "name a file of one target a row behind a comma: data=\(table.path),TARGETS.npy")
    }
    return try table.column(settings.target)
  }

  /// Reads another file with the same columns, and with the same classes or some of them.
  ///
  /// - Throws: `DataFileError` that says what is wrong, where, and which setting would help.
  init(_ settings: TableSettings, like other: ExampleTable) throws(DataFileError) {
    let table = try settings.table(settings.data, like: other.encoding)
    let target = try Self.target(of: table, settings)
    var (settings, classes): (TableSettings, [String]) = (settings, [])
    switch other.targets {
    case .classes(_, let names): (settings.kind, classes) = (.classification, names)
    case .numbers: settings.kind = .regression
    }
    try self.init(
      table, settings, target: target, other.encoding.matched(to: table), classes: classes)
  }

  /// Encodes a table's rows. Of `classes`, none stands for all that there are.
  private init(
    _ table: Table, _ settings: TableSettings, target: Int, _ encoding: InputEncoding,
    classes: [String]
  ) throws(DataFileError) {
    self.encoding = encoding
    let inputs = try encoding.inputs(of: table)
    let missing = inputs.withMissing
    let untargeted = (0..<table.rowCount).filter { table.content($0, target) == .missing }
    if settings.missing == .stop, let row = (missing + untargeted).min() {
      let column = encoding.firstMissing(of: table, inRow: row) ?? target
      throw DataFileError(
        table.path, at: table.place(row, column), "the cell is missing",
        remedy: "set missing=mean for the column's mean, or missing=drop to leave out such rows")
    }
    let dropped = Set(settings.missing == .drop ? missing + untargeted : untargeted)
    let rows = (0..<table.rowCount).filter { !dropped.contains($0) }
    guard !rows.isEmpty else {
      throw DataFileError(
        table.path, "no row is left: each has missing cells",
        remedy: "set missing=mean, leave out columns by ignore, or choose another target")
    }
    self.inputs = inputs.chosen(rows)
    self.rows = rows
    targets = try TargetReader(table, column: target, rows: rows, known: classes)
      .targets(settings.kind)
    checksums =
      [DataChecksum("table", table.checksum)]
      + (table.targetChecksum.map { [DataChecksum("targets", $0)] } ?? [])
    notes = Self.notes(
      table, encoding, targets, target: target, rows: rows.count,
      missing: missing.count, untargeted: untargeted.count, settings.missing)
  }

  /// These, then those of another file, where a part names one.
  ///
  /// - Parameters:
  ///   - part: The part.
  ///   - name: What it does, for the names of checksums.
  ///   - settings: How tables are read.
  /// - Returns: All examples.
  /// - Throws: `DataFileError` for a file that cannot be read, or has other columns or classes.
  func followed(
    by part: DataPart, as name: String, _ settings: TableSettings
  ) throws(DataFileError) -> ExampleTable {
    guard let path = part.path else { return self }
    return try followed(by: path, as: name, settings)
  }

  /// The same of a file.
  func followed(
    by path: String, as name: String, _ settings: TableSettings
  ) throws(DataFileError) -> ExampleTable {
    var settings = settings
    settings.data = path
    let others = try ExampleTable(settings, like: self)
    let targets: Targets =
      switch (self.targets, others.targets) {
      case (.classes(let own, let names), .classes(let more, _)): .classes(own + more, names: names)
      case (.numbers(let own), .numbers(let more)): .numbers(own + more)
      default: self.targets
      }
    return ExampleTable(
      encoding: encoding, inputs: inputs.followed(by: others.inputs), targets: targets,
      rows: rows + others.rows, checksums: checksums + others.checksums.ofPart(name), notes: notes)
  }

  private static func notes(
    _ table: Table, _ encoding: InputEncoding, _ targets: Targets, target: Int, rows: Int,
    missing: Int, untargeted: Int, _ rule: TableSettings.MissingRule
  ) -> [(key: String, value: String)] {
    let name = table.name(ofColumn: target)
    let kind =
      switch targets {
      case .classes(_, let names):
        "\(names.count) classes: \(names.prefix(10).joined(separator: ", "))"
          + (names.count > 10 ? ", ..." : "")
      case .numbers: "numbers"
      }
    var notes = [
      ("examples", "\(rows)"),
      ("inputs", "\(encoding.columns.count)"),
      ("targets", "\(name), \(kind)"),
    ]
    if let index = table.indexColumn {
      notes.append(("left out", "column \(index), the rows' names"))
    }
    if rule == .mean, missing > 0 {
      notes.append(("missing cells", "in \(missing) rows, each the mean of its column"))
    }
    let dropped = table.rowCount - rows
    if dropped > 0 { notes.append(("rows left out", "\(dropped), with missing cells")) }
    return notes
  }
}
