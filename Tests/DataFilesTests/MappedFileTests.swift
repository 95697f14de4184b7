import DataFiles
import Foundation
import TestSupport
import Testing

/// Arrays as they lie in their files: what is read of them is what a reader of the whole file gets.
@Suite struct MappedFileTests {
  private static func npy(
    _ shape: String, _ bytes: [UInt8], type: String = "|u1", fortran: String = "False"
  ) -> [UInt8] {
    NPYTests.file(
      "{'descr': '\(type)', 'fortran_order': \(fortran), 'shape': \(shape), }", bytes)
  }

  private static func with<Result>(
    _ bytes: [UInt8], _ use: (String) throws -> Result
  ) throws -> Result {
    let path = FileManager.default.temporaryDirectory.path + "/\(UUID().uuidString).npy"
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try use(path)
  }

  @Test func itsBytesAreThoseThatAreRead() throws {
    let bytes = (0..<3 * 5 * 4).map { UInt8(($0 * 37) % 256) }
    try Self.with(Self.npy("(3, 5, 4)", bytes)) { path in
      let mapped = try #require(try NPY.mapped(path, atLeast: 0))
      let read = try NPY.read(path)
      #expect(mapped.shape == read.shape && read.storage == .bytes(bytes))
      #expect(Array(mapped.bytes(0..<60)) == bytes)
      #expect(Array(mapped.bytes(20..<40)) == Array(bytes[20..<40]))
      #expect(mapped.file.checksum == read.checksum)
      #expect(try NPY.mapped(path).map(\.shape) == nil, "it is too short to pay")
    }
  }

  @Test(arguments: [
    "|b1", "|i1", "|u1", "<i2", ">i2", "<u2", ">u2", "<i4", ">i4", "<u4", ">u4", "<i8", ">i8",
    "<f2", ">f2", "<f4", ">f4", "<f8", ">f8",
  ]) func numbersOfEachTypeAreThoseThatAreRead(_ type: String) throws {
    let size = try #require(type.last?.wholeNumberValue)
    let bytes = (0..<6 * size).map { UInt8(($0 * 167 + 13) % (type == "|b1" ? 2 : 256)) }
    try Self.with(Self.npy("(2, 3)", bytes, type: type)) { path in
      let mapped = try #require(try NPY.mapped(path, atLeast: 0))
      let read = try NPY.read(path).values
      let numbers = (0..<6).map { mapped[$0] }
      // Bits, since some are no numbers.
      #expect(numbers.map(\.bitPattern) == read.map(\.bitPattern))
      #expect(mapped.isOfBytes == (type == "|u1"))
      let row = [Double](unsafeUninitializedCapacity: 3) { target, count in
        mapped.write(from: 3, to: UnsafeMutableBufferPointer(rebasing: target[..<3]))
        count = 3
      }
      #expect(row.map(\.bitPattern) == read.suffix(3).map(\.bitPattern))
    }
  }

  @Test func othersAreRead() throws {
    let zeros = [UInt8](repeating: 0, count: 24)
    for file in [
      Self.npy("(4, 6)", zeros, fortran: "True"),
      Array("a,b\n1,2\n".utf8), [], [0x1f, 0x8b, 8, 0],
    ] {
      let shape = try Self.with(file) { try NPY.mapped($0, atLeast: 0)?.shape }
      #expect(shape == nil)
    }
  }

  @Test func aLengthThatIsNotTheHeadersIsRefused() throws {
    for bytes in [9, 11] {
      let error = try #require(throws: DataFileError.self) {
        try Self.with(Self.npy("(2, 5)", [UInt8](repeating: 0, count: bytes))) {
          try NPY.mapped($0, atLeast: 0)?.shape
        }
      }
      #expect("\(error)".contains("\(bytes) bytes follow"))
    }
  }

  @Test func whatIsNoFileIsRefused() {
    let folder = FileManager.default.temporaryDirectory.path
    for path in ["", "a\0b", folder, folder + "/\(UUID().uuidString)"] {
      #expect(throws: DataFileError.self) { try NPY.mapped(path, atLeast: 0) }
    }
  }
}
