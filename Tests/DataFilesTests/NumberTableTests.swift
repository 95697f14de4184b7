import DataFiles
import Testing

/// Numbers of other formats as tables.
@Suite struct NumberTableTests {
  private func file(_ name: String, _ bytes: [UInt8]) throws -> FileBytes {
    try FileBytes(name, bytes)
  }

  private static let pairs = NPZTests.array("|u1", "(3, 2)", [1, 2, 3, 4, 5, 6])

  private func values(_ table: Table) -> [[Double?]] {
    (0..<table.rowCount).map { row in
      (0..<table.columnCount).map { column in
        if case .number(let value) = table.content(row, column) { value } else { nil }
      }
    }
  }

  @Test func rowsOfAnArrayAreRows() throws {
    let table = try Table.decode(try file("x.npy", Self.pairs))
    #expect(values(table) == [[1, 2], [3, 4], [5, 6]])
    #expect(table.names.isEmpty && table.hasTargets && table.format == .npy)
    #expect(try table.word(1, 0) == "3" && table.place(2, 1) == .row(2))
    #expect(try table.column("-1") == 1)
  }

  @Test func numbersThatAreNoneAreMissing() throws {
    let bytes: [UInt8] = [0, 0, 0xc0, 0x7f, 0, 0, 0x80, 0x3f]
    let table = try Table.decode(try file("x", NPZTests.array("<f4", "(2, 1)", bytes)))
    #expect(values(table) == [[nil], [1]])
    #expect(table.content(0, 0) == .missing)
    #expect(try table.word(0, 0) == nil)
  }

  @Test func targetsComeFromAnotherFile() throws {
    let targets = try file("y.npy", NPZTests.array("|u1", "(3,)", [7, 8, 9]))
    let table = try Table.decode(try file("x.npy", Self.pairs), targets: targets)
    #expect(values(table) == [[1, 2, 7], [3, 4, 8], [5, 6, 9]])
    #expect(table.targetChecksum == targets.checksum)
    // Images are laid flat.
    let images = try file("i", [0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3, 4])
    let labels = try file("l", [0, 0, 12, 1, 0, 0, 0, 1, 0, 0, 1, 0])
    #expect(values(try Table.decode(images, targets: labels)) == [[1, 2, 3, 4, 256]])
    #expect(try !Table.decode(images).hasTargets)
    for wrong in [labels, try file("t.csv", Array("1\n2\n".utf8))] {
      let error = #expect(throws: DataFileError.self) {
        try Table.decode(try file("x.npy", Self.pairs), targets: wrong)
      }
      #expect(error?.file == wrong.path)
    }
    #expect(throws: DataFileError.self) {
      try Table.decode(try file("t.csv", Array("1,2\n".utf8)), targets: targets)
    }
  }

  @Test func anArchiveHasInputsAndTargets() throws {
    let targets = NPZTests.array("|u1", "(3,)", [7, 8, 9])
    let table = try Table.decode(try NPZTests.file([("y", targets), ("x", Self.pairs)]))
    #expect(values(table) == [[1, 2, 7], [3, 4, 8], [5, 6, 9]])
    let error = #expect(throws: DataFileError.self) {
      try Table.decode(try NPZTests.file([("x", Self.pairs), ("z", Self.pairs)]))
    }
    #expect(error?.problem == "holds the arrays x [3, 2], z [3, 2]")
  }

  @Test func sparseRowsAreWidened() throws {
    let table = try Table.decode(try file("s", Array("1 1:5\n0 3:2\n".utf8)))
    #expect(values(table) == [[5, 0, 0, 1], [0, 0, 2, 0]])
    #expect(values(table.widened(to: 6)) == [[5, 0, 0, 0, 0, 1], [0, 0, 2, 0, 0, 0]])
    #expect(table.widened(to: 3).columnCount == 4)
    let inputs = try Table.decode(try NPZTests.file(NPZTests.sparse))
    #expect(!inputs.hasTargets && values(inputs.widened(to: 4))[2] == [7, 0, 9, 0])
    let dense = try Table.decode(try file("x.npy", Self.pairs))
    #expect(dense.widened(to: 9).columnCount == 2)
  }

  /// Sizes are checked before anything is allocated.
  @Test func hugeTablesAreRefused() throws {
    let error = #expect(throws: DataFileError.self) {
      try Table.decode(try file("s", Array("1 1:5\n0 1000000000:2\n".utf8)))
    }
    #expect(error?.problem.contains("2 x 1000000000 cells") == true)
  }

  @Test func emptyAndInfiniteOnesAreRefused() throws {
    for (shape, bytes) in [("(0, 2)", []), ("(2, 0)", []), ("()", [1])] as [(String, [UInt8])] {
      #expect(throws: DataFileError.self, "\(shape)") {
        try Table.decode(try file("x", NPZTests.array("|u1", shape, bytes)))
      }
    }
    let error = #expect(throws: DataFileError.self) {
      try Table.decode(
        try file("x", NPZTests.array("<f4", "(2, 1)", [0, 0, 0, 0, 0, 0, 0x80, 0x7f])))
    }
    #expect(error?.place == .row(1))
  }
}
