import DataFiles
import Testing

/// Archives of arrays, and sparse matrices in them.
@Suite struct NPZTests {
  static func array(_ type: String, _ shape: String, _ bytes: [UInt8]) -> [UInt8] {
    NPYTests.file("{'descr': '\(type)', 'fortran_order': False, 'shape': \(shape), }", bytes)
  }

  static func file(_ members: [(String, [UInt8])]) throws -> FileBytes {
    let archive = ZipArchive(members.map { .init("\($0.0).npy", $0.1) })
    return try FileBytes("x.npz", try archive.encoded(named: "x.npz"))
  }

  /// The matrix [[0, 5, 0], [0, 0, 0], [7, 0, 9]].
  static let sparse: [(String, [UInt8])] = [
    ("indices", array("|u1", "(3,)", [1, 0, 2])), ("indptr", array("|u1", "(4,)", [0, 1, 1, 3])),
    ("format", array("|S3", "()", Array("csr".utf8))), ("shape", array("|u1", "(2,)", [3, 3])),
    ("data", array("|u1", "(3,)", [5, 7, 9])),
  ]

  private func changed(_ name: String, _ bytes: [UInt8]) throws -> FileBytes {
    try Self.file(Self.sparse.map { $0.0 == name ? (name, bytes) : $0 })
  }

  @Test func arraysAreFoundByName() throws {
    let archive = try NPZ(Self.file([("x", Self.array("|u1", "(2,)", [3, 4]))]))
    #expect(archive.names == ["x"] && !archive.isSparse)
    #expect(try archive.array("x").values == [3, 4])
    let error = #expect(throws: DataFileError.self) { try archive.array("y") }
    #expect(error?.remedy == "there are x")
  }

  @Test func aMatrixOfSciPyIsRead() throws {
    let table = try SparseTable.decode(try Self.file(Self.sparse))
    #expect(table.targets == nil && table.matrix.columnCount == 3)
    #expect(table.matrix.starts == [0, 1, 1, 3])
    #expect(table.matrix.columns == [1, 0, 2] && table.matrix.values == [5, 7, 9])
    let wide = Array("csr".utf8).flatMap { (letter: UInt8) -> [UInt8] in [letter, 0, 0, 0] }
    #expect(
      try SparseTable.decode(try changed("format", Self.array("<U3", "()", wide))).matrix
        == table.matrix)
  }

  @Test func matricesWhosePartsDoNotFitAreRefused() throws {
    let damages: [(String, [UInt8], String)] = [
      ("format", Self.array("|S3", "()", Array("csc".utf8)), "format csc"),
      ("format", Self.array("|u1", "()", [1]), "no text"),
      ("indptr", Self.array("|u1", "(4,)", [0, 2, 1, 3]), "falls"),
      ("indptr", Self.array("|u1", "(4,)", [1, 1, 1, 3]), "cannot have"),
      ("indptr", Self.array("|u1", "(3,)", [0, 1, 3]), "cannot have"),
      ("indices", Self.array("|u1", "(3,)", [1, 0, 3]), "column 3 of 3"),
      ("indices", Self.array("|u1", "(1, 3)", [1, 0, 2]), "shape"),
      ("indices", Self.array("|i1", "(3,)", [1, 0xff, 2]), "no whole number"),
      ("shape", Self.array("|u1", "(3,)", [3, 3, 1]), "3 sizes"),
      ("data", Self.array("|u1", "(2,)", [5, 7]), "cannot have"),
      (
        "data", Self.array("<f4", "(3,)", [0, 0, 128, 127] + [UInt8](repeating: 0, count: 8)), "inf"
      ),
    ]
    for (name, bytes, words) in damages {
      let file = try changed(name, bytes)
      let error = #expect(throws: DataFileError.self, "\(words)") { try SparseTable.decode(file) }
      #expect(error?.problem.contains(words) == true, "\(words): \(error?.description ?? "")")
    }
    let incomplete = try Self.file(Self.sparse.filter { $0.0 != "indices" })
    #expect(throws: DataFileError.self) { try SparseTable.decode(incomplete) }
  }
}
