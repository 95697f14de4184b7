import DataFiles
import Testing

@Suite struct TableTests {
  private func decode(_ text: String, _ format: TableFormat = .init()) throws -> Table {
    try Table.decode(try FileBytes("table", Array(text.utf8)), format)
  }

  private func numbers(_ table: Table) -> [[Double]] {
    (0..<table.rowCount).map { row in
      (0..<table.columnCount).map { column in
        if case .number(let value) = table.content(row, column) { value } else { .nan }
      }
    }
  }

  @Test(arguments: [
    "1,2\n3,4.5e1\n", "1,2\r\n3,45\r\n", " 1 ,2\n3, 45", "1;2\n3;45", "1\t2\n3\t45\n",
    "1,2\r3,45\r",
    "\u{FEFF}1,2\n3,45\n\n", "\n\"1\",\"2\"\n\n\"3\" , 45\n", "+1,2.\n3e0,.45E+2\n",
  ])
  func numbersInRows(_ text: String) throws {
    let table = try decode(text)
    #expect(table.names.isEmpty && table.rowCount == 2)
    #expect(numbers(table) == [[1, 2], [3, 45]])
  }

  @Test(arguments: [
    // Plainly words; quoted; beside numbers; all words below, too.
    "width,age\n-1,2\n", "\"width\";\"age\"\n-1;2\n", "\"width\",age\r\n-1,2\r\n",
    "width,age\na,b\n",
    // Rows with names of their own, as Python and R write them.
    ",width,age\nfirst,-1,2\nsecond,3,4\n", "width,age\nfirst,-1,2\nsecond,3,4\n",
    "Unnamed: 0,width,age\n0,-1,2\n",
  ])
  func aFirstLineOfNamesIsFound(_ text: String) throws {
    let table = try decode(text)
    #expect(table.names.suffix(2) == ["width", "age"])
    #expect(table.indexColumn == (table.columnCount == 3 ? 0 : nil))
    #expect(try table.column("age") == table.columnCount - 1)
    #expect(try table.column("-2") == table.columnCount - 2)
    let error = #expect(throws: DataFileError.self) { try table.column("size") }
    #expect(error?.remedy.contains("width, age") == true)
  }

  /// As libraries name the columns of an array, with or without an index and a named target.
  @Test(arguments: ["0,1,2,3\n", ",0,1,2,3\n", "0,1,2,3,class\n", "0,1,class\n"])
  func numbersOfColumnsAreNames(_ first: String) throws {
    let columns = first.split(separator: ",", omittingEmptySubsequences: false).count
    let rows = (0..<3).map { row in
      (0..<columns).map { "\($0 == 0 ? row : row + 5)" }.joined(separator: ",")
    }
    let table = try decode(first + rows.joined(separator: "\n"))
    #expect(table.rowCount == 3 && table.names.count == columns)
    #expect(table.indexColumn == (first.hasPrefix(",") ? 0 : nil))
  }

  @Test(arguments: [
    "5.1,3.5,setosa\n4.9,3,virginica\n", "p,x,s\np,y,s\ns,x,n\np,y,s\nq,x,n",
    "0,1,b\n1,0,b\n0,1,a\n",
  ])
  func aFirstRowIsNoNames(_ text: String) throws {
    let table = try decode(text)
    let lines = text.split(separator: "\n").count
    #expect(table.names.isEmpty && table.rowCount == (text.hasPrefix("p") ? 5 : lines))
  }

  @Test(arguments: ["0,1\n1,0\n", "0,1,2\n3,4,5\n", "id,2019\n1,2\n", "5.1x,0\n1,2\n"])
  func anUnclearFirstLineIsAskedAbout(_ text: String) throws {
    let error = #expect(throws: DataFileError.self) { try decode(text) }
    #expect(error?.remedy.contains("header=") == true)
    let rows = text.split(separator: "\n").count
    #expect(try decode(text, .init(header: .yes)).rowCount == rows - 1)
    #expect(try decode(text, .init(header: .no)).rowCount == rows)
  }

  @Test func quotedCellsHoldAnything() throws {
    let table = try decode("name,size\n\"a,\"\"b\"\"\nc\",1\n\"\",2\n")
    #expect(try table.word(0, 0) == "a,\"b\"\nc")
    #expect(table.content(1, 0) == .missing && table.place(1, 0) == .cell(line: 4, column: 1))
  }

  @Test(arguments: [
    "x", "0x10", "1e999", "inf", "-Infinity", "1,5", "1 2", "1_000", "--1", "1e", "0b1", "NaNs",
    "٣",
  ])
  func othersAreWords(_ text: String) throws {
    let table = try decode("a;b\n\(text);1\n")
    #expect(table.content(0, 0) == .word)
    #expect(try table.word(0, 0) == text)
  }

  @Test(arguments: ["", "NA", "n/a", "NaN", "nan", "?", "null", "None", "\"\""])
  func missingCellsAreKnown(_ text: String) throws {
    let table = try decode("a;b\n\(text);1\n")
    #expect(table.content(0, 0) == .missing)
    #expect(try table.word(0, 0) == nil)
  }

  @Test func decimalCommas() throws {
    let table = try decode("a;b\n1,5;-2,25e1\n1.5;2\n", .init(decimal: .comma))
    #expect(table.content(0, 0) == .number(1.5) && table.content(0, 1) == .number(-22.5))
    #expect(table.content(1, 0) == .number(1.5))
    #expect(try decode("a;b\n1.000,5;2\n", .init(decimal: .comma)).content(0, 0) == .word)
  }

  @Test func aNameThatColumnsShareIsAskedAbout() throws {
    let table = try decode("x,y,x\n1,2,3\n")
    #expect(try table.column("y") == 1)
    let error = #expect(throws: DataFileError.self) { try table.column("x") }
    #expect(error?.remedy == "give one of their numbers: 0, 2")
  }

  static let damages: [(String, DataFileError.Place)] = [
    ("1,2\n3\n", .cell(line: 2, column: 1)), ("1,2\n3,4,5\n", .cell(line: 2, column: 3)),
    ("a,b\n1,2\n\n3\n", .cell(line: 4, column: 1)), ("", .file), ("a,b\n", .file), ("\n", .file),
    ("1,2\n3,4\0\n", .byte(7)), ("1,\"2\n3,4\n", .cell(line: 1, column: 2)),
    ("1,2\n\"3\"x,4\n", .cell(line: 2, column: 1)), ("\"a\nb\",2\n3\n", .cell(line: 3, column: 1)),
  ]

  @Test(arguments: damages)
  func damageIsNamedWithItsPlace(_ text: String, _ place: DataFileError.Place) {
    let error = #expect(throws: DataFileError.self) { try decode(text) }
    #expect(error?.place == place, "\(String(describing: error))")
  }

  @Test func otherEncodingsAreRefused() throws {
    for start in [[0xFF, 0xFE], [0xFE, 0xFF]] as [[UInt8]] {
      let error = #expect(throws: DataFileError.self) {
        try Table.decode(try FileBytes("table", start + Array("1,2".utf8)))
      }
      #expect(error?.remedy == "save it as UTF-8")
    }
    let latin = try Table.decode(try FileBytes("table", Array("a,b\n1,".utf8) + [0xE9]))
    let error = #expect(throws: DataFileError.self) { try latin.word(0, 1) }
    #expect(error?.place == .cell(line: 2, column: 2))
  }
}
