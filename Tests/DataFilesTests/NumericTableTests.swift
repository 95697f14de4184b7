import DataFiles
import Testing

@Suite struct NumericTableTests {
  private func decode(_ text: String) throws -> NumericTable {
    try NumericTable.decode(try FileBytes("table", Array(text.utf8)))
  }

  @Test(arguments: ["1,2\n3,4.5e1\n", "1,2\r\n3,45\r\n", " 1 ,2\n3, 45"])
  func numbersInRows(_ text: String) throws {
    let table = try decode(text)
    #expect(table.names.isEmpty && table.array.shape == [2, 2])
    #expect(table.array.values == [1, 2, 3, 45])
  }

  @Test func aFirstLineOfNamesIsOne() throws {
    let table = try decode("width,age\n-1,2\n")
    #expect(table.names == ["width", "age"] && table.array.values == [-1, 2])
    #expect(try table.column("age") == 1 && table.column("-2") == 0)
    let error = #expect(throws: DataFileError.self) { try table.column("size") }
    #expect(error?.remedy == "there are width, age")
    #expect(throws: DataFileError.self) { try table.column("2") }
  }

  static let damages: [(String, DataFileError.Place)] = [
    ("1,2\n3\n", .cell(line: 2, column: 1)), ("1,2\n3,4,5\n", .cell(line: 2, column: 3)),
    ("1,2\n3,x\n", .cell(line: 2, column: 2)), ("1,2\n3,\n", .cell(line: 2, column: 2)),
    ("1,nan\n", .cell(line: 1, column: 2)), ("1,2\n1e999,0\n", .cell(line: 2, column: 1)),
    ("1,2\n\"3\",4\n", .cell(line: 2, column: 1)), ("1,2\n\n3,4\n", .cell(line: 2, column: 1)),
    ("", .file), ("a,b\n", .file), ("\n", .cell(line: 1, column: 1)),
  ]

  @Test(arguments: damages)
  func damageIsNamedWithItsPlace(_ text: String, _ place: DataFileError.Place) {
    let error = #expect(throws: DataFileError.self) { try decode(text) }
    #expect(error?.place == place, "\(String(describing: error))")
  }
}
