/// Whether a table's first line names its columns, and what it says; asked of a table of the rows below it.
extension Table {
  /// Judges the first line where nobody says what it is.
  ///
  /// - Parameter isShort: Whether it has one cell less than the others.
  /// - Returns: Whether it names the columns.
  /// - Throws: ``DataFileError`` where it may be either.
  func isFirstLineOfNames(isShort: Bool) throws(DataFileError) -> Bool {
    let first = (0..<columnCount - (isShort ? 1 : 0)).map { content(-1, $0) }
    var words = first.indices.filter { first[$0] == .word }
    let numbers = first.compactMap { if case .number(let value) = $0 { value } else { nil } }
    if isShort {
      guard numbers.isEmpty else { throw unclear("it has a cell less than the others") }
      return true
    }
    let isNamed = words.contains(where: isOfNumbers)
    // One word that comes again below does not make a row of a line: a name may be a class, too.
    if !isNamed { words = try newWords(among: words) }
    if numbers.isEmpty { return isNamed || !words.isEmpty }
    // As libraries name the columns of an array.
    if numbers.count >= 2, numbers == (0..<numbers.count).map(Double.init) {
      if numbers.count >= 4 || isNamed { return true }
      if first.contains(.word), words.isEmpty { return false }
      throw unclear("its numbers count from 0, as those of columns do")
    }
    if isNamed { throw unclear("a word stands over numbers, and numbers stand beside it") }
    return false
  }

  /// The names that the first line says, after so many that it does not.
  func firstLine(missing: Int) throws(DataFileError) -> [String] {
    var names = [String](repeating: "", count: missing)
    for column in 0..<columnCount - missing { names.append(try word(-1, column) ?? "") }
    return names
  }

  /// Whether a column has numbers and no words.
  private func isOfNumbers(_ column: Int) -> Bool {
    var hasNumber = false
    for row in 0..<rowCount {
      switch content(row, column) {
      case .number: hasNumber = true
      case .word: return false
      case .missing: break
      }
    }
    return hasNumber
  }

  /// The columns whose first word does not come again below.
  private func newWords(among columns: [Int]) throws(DataFileError) -> [Int] {
    var new: [Int] = []
    for column in columns {
      let first = try word(-1, column)
      var row = 0
      while row < rowCount, try word(row, column) != first { row += 1 }
      if row == rowCount { new.append(column) }
    }
    return new
  }

  private func unclear(_ reason: String) -> DataFileError {
    DataFileError(
      path, at: place(-1, 0), "the first line may name the columns or not: \(reason)",
      remedy: "set header=yes if it does, or header=no")
  }
}
