/// Cells of separated values.
struct TextTable: TableContent {
  let bytes: [UInt8]
  let cells: CSVCells
  let decimal: TableFormat.Decimal
  /// The first row that is not of names.
  let firstRow: Int

  var rowCount: Int { max(cells.rows.count - firstRow, 0) }

  var columnCount: Int { cells.rows.last?.count ?? 0 }

  func content(_ row: Int, _ column: Int) -> Table.Content {
    let text = text(row, column)
    if Self.isMissing(text) { return .missing }
    let isPoint = decimal == .point || !text.contains(UInt8(ascii: ","))
    let number =
      isPoint
      ? DecimalNumber.value(of: text)
      : text.contains(UInt8(ascii: "."))
        ? nil
        : DecimalNumber.value(
          of: text.map { $0 == UInt8(ascii: ",") ? UInt8(ascii: ".") : $0 })
    return number.map { .number($0) } ?? .word
  }

  func word(_ row: Int, _ column: Int) -> String? {
    String(validating: text(row, column), as: UTF8.self)
  }

  func place(_ row: Int, _ column: Int) -> DataFileError.Place {
    .cell(line: cells.rows[firstRow + row].line, column: column + 1)
  }

  private func text(_ row: Int, _ column: Int) -> ArraySlice<UInt8> {
    let cell = cells.cells[cells.rows[firstRow + row].first + column]
    let text = bytes[Int(cell.start)..<Int(cell.start) + Int(cell.count)]
    let quote = UInt8(ascii: "\"")
    guard text.first == quote else { return text }
    let inside = text.dropFirst().dropLast()
    guard inside.contains(quote) else { return inside }
    // Quotes inside are doubled: of each two the second goes.
    var isSecond = false
    return inside.filter { byte in
      isSecond = byte == quote && !isSecond
      return byte != quote || isSecond
    }[...]
  }

  private static func isMissing(_ text: ArraySlice<UInt8>) -> Bool {
    text.isEmpty || text.count <= 4 && missingMarks.contains(where: text.elementsEqual)
  }

  private static let missingMarks = [
    "?", "NA", "na", "N/A", "n/a", "NaN", "nan", "NAN", "null", "NULL", "None", "none",
  ].map { Array($0.utf8) }
}
