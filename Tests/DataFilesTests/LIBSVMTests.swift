import DataFiles
import Testing

@Suite struct LIBSVMTests {
  private func decode(_ text: String) throws -> SparseTable {
    try LIBSVM.decode(try FileBytes("rows", Array(text.utf8)))
  }

  @Test func linesAreRows() throws {
    let table = try decode("+1 1:0.5 3:-2e1\n\n# words\n-1.0 2:7 # more\r\n+1\n")
    #expect(table.targets == [1, -1, 1])
    #expect(table.matrix.columnCount == 3 && table.matrix.rowCount == 3)
    #expect(table.matrix.starts == [0, 2, 3, 3])
    #expect(table.matrix.columns == [0, 2, 1] && table.matrix.values == [0.5, -20, 7])
    #expect(table.matrix.rows([2, 1]).starts == [0, 0, 1])
  }

  @Test func indicesMayCountFromZero() throws {
    let table = try decode("1 0:2 4:1\n0 1:3\n")
    #expect(table.matrix.columnCount == 5 && table.matrix.columns == [0, 4, 1])
  }

  static let damages: [(String, DataFileError.Place, String)] = [
    ("1 1:2\nx 1:2\n", .cell(line: 2, column: 1), "no finite number"),
    ("1 1:2\n\n1,3 1:2\n", .cell(line: 3, column: 1), "more than one target"),
    ("1:2 2:3\n", .cell(line: 1, column: 1), "without a target"),
    ("1 1:2 7\n", .cell(line: 1, column: 3), "no pair"),
    ("1 1:2 1:3\n", .cell(line: 1, column: 3), "must rise"),
    ("1 2:2 1:3\n", .cell(line: 1, column: 3), "must rise"),
    ("1 -1:2\n", .cell(line: 1, column: 2), "not a whole number"),
    ("1 99999999999:2\n", .cell(line: 1, column: 2), "not a whole number"),
    ("1 2147483647:2\n", .cell(line: 1, column: 2), "not a whole number"),
    ("1 1:nan\n", .cell(line: 1, column: 2), "no finite number"),
    ("1 1:0x10\n", .cell(line: 1, column: 2), "no finite number"),
    ("1 1:\n", .cell(line: 1, column: 2), "no finite number"),
    ("1 qid:3 1:2\n", .cell(line: 1, column: 2), "groups"),
    ("# nothing\n", .file, "no example"),
  ]

  @Test(arguments: damages)
  func damageIsNamedWithItsPlace(_ text: String, _ place: DataFileError.Place, _ words: String) {
    let error = #expect(throws: DataFileError.self) { try decode(text) }
    #expect(error?.place == place)
    #expect(error?.problem.contains(words) == true)
    #expect(error?.remedy.isEmpty == false)
  }
}
