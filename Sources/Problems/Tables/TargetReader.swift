import DataFiles

/// Reads a table's targets.
struct TargetReader {
  private let table: Table
  private let column: Int
  private let rows: [Int]
  /// The classes that there may be; none: all that there are.
  private let known: [String]
  private let contents: [Table.Content]

  /// The targets of some rows, all of which have one.
  init(_ table: Table, column: Int, rows: [Int], known: [String] = []) {
    self.table = table
    self.known = known
    self.column = column
    self.rows = rows
    contents = rows.map { table.content($0, column) }
  }

  /// The most classes.
  private static var mostClasses: Int { 10_000 }
  /// The most whole numbers that are taken for classes where nobody says so, and the most that are not.
  private static var clearlyFew: Int { 20 }

  /// Reads them as what they are said to be.
  ///
  /// - Throws: `DataFileError` where they are not, or what they are is not clear.
  func targets(_ kind: TableSettings.Kind) throws(DataFileError) -> ExampleTable.Targets {
    switch kind {
    case .classification: try classes()
    case .regression: .numbers(try numbers())
    case .auto: try isOfClasses() ? try classes() : .numbers(try numbers())
    }
  }

  private func numbers() throws(DataFileError) -> [Double] {
    var numbers: [Double] = []
    for (index, content) in contents.enumerated() {
      guard case .number(let number) = content else {
        throw wrong(
          index, "the target \(try word(index).debugDescription) is no finite number",
          "correct it, choose another column by target, or set kind=classification")
      }
      numbers.append(number)
    }
    return numbers
  }

  /// Classes in the order of their numbers, or of their words where one is no number.
  private func classes() throws(DataFileError) -> ExampleTable.Targets {
    if !known.isEmpty { return try classesAmongKnown() }
    if !contents.contains(.word) {
      let numbers = try numbers()
      let known = Set(numbers).sorted()
      try check(known.count)
      let places = Dictionary(uniqueKeysWithValues: zip(known, known.indices))
      return .classes(numbers.compactMap { places[$0] }, names: known.map(Self.name))
    }
    var words: [String] = []
    for index in rows.indices { words.append(try word(index)) }
    let known = Set(words).sorted()
    try check(known.count)
    let places = Dictionary(uniqueKeysWithValues: zip(known, known.indices))
    return .classes(words.compactMap { places[$0] }, names: known)
  }

  private func classesAmongKnown() throws(DataFileError) -> ExampleTable.Targets {
    let places = Dictionary(uniqueKeysWithValues: zip(known, known.indices))
    var classes: [Int] = []
    for (index, content) in contents.enumerated() {
      let word = try word(index)
      // 1 and 1.0 are the same, unless all classes are words.
      let name = if case .number(let number) = content { Self.name(number) } else { word }
      guard let place = places[name] ?? places[word] else {
        throw wrong(
          index, "the class \(word.debugDescription) is none of those that train",
          "correct it, or give examples of it to train; there are "
            + known.prefix(20).joined(separator: ", "))
      }
      classes.append(place)
    }
    return .classes(classes, names: known)
  }

  private func check(_ classes: Int) throws(DataFileError) {
    let name = table.name(ofColumn: column)
    guard classes > 1 else {
      throw DataFileError(
        table.path, "all targets (\(name)) are of one class; two are needed",
        remedy: "choose another column by target")
    }
    guard classes <= Self.mostClasses, classes < rows.count else {
      throw DataFileError(
        table.path, "the \(rows.count) targets (\(name)) are of \(classes) classes",
        remedy: "choose another column by target, or set kind=regression")
    }
  }

  private func isOfClasses() throws(DataFileError) -> Bool {
    var values: Set<Double> = []
    for content in contents {
      guard case .number(let number) = content else { return true }
      values.insert(number)
    }
    let isWhole = values.allSatisfy { $0 == $0.rounded() }
    let isFew = values.count <= Self.clearlyFew
    if isWhole == isFew { return isWhole }
    throw DataFileError(
      table.path,
      "the targets (\(table.name(ofColumn: column))) are \(values.count) different numbers, "
        + "\(isWhole ? "all" : "not all") of them whole: classes or quantities",
      remedy: "set kind=classification or kind=regression")
  }

  private static func name(_ number: Double) -> String {
    Int(exactly: number).map(String.init) ?? "\(number)"
  }

  private func word(_ index: Int) throws(DataFileError) -> String {
    try table.word(rows[index], column) ?? ""
  }

  private func wrong(_ index: Int, _ problem: String, _ remedy: String) -> DataFileError {
    DataFileError(
      table.path, at: table.place(rows[index], column), problem, remedy: remedy)
  }
}
