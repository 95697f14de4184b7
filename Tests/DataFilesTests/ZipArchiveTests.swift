import DataFiles
import Foundation
import Testing

struct ZipArchiveTests {
  static let archive = ZipArchive([
    .init("a.npy", [1, 2, 3]), .init("deep/ü.npy", []),
    .init("b", [UInt8](repeating: 7, count: 1000)),
  ])

  private func decode(_ bytes: [UInt8], limit: Int = FileBytes.limit) throws -> ZipArchive {
    try ZipArchive(decoding: bytes, named: "a.zip", limit: limit)
  }

  @Test func whatIsWrittenIsRead() throws {
    let bytes = try Self.archive.encoded(named: "a.zip")
    #expect(try decode(bytes) == Self.archive)
    #expect(try Self.archive.encoded(named: "a.zip") == bytes)
    #expect(try decode(try ZipArchive([]).encoded(named: "a.zip")) == ZipArchive([]))
    // A comment may follow.
    var commented = bytes
    commented[bytes.count - 2] = 2
    #expect(try decode(commented + [9, 9]) == Self.archive)
  }

  @Test func filesThatEndEarlyAreRefused() throws {
    let bytes = try Self.archive.encoded(named: "a.zip")
    for count in 0..<bytes.count {
      #expect(throws: DataFileError.self) { try decode(Array(bytes[..<count])) }
    }
  }

  /// Every byte of members and their checksums counts.
  @Test func damageIsNoticed() throws {
    var bytes = try Self.archive.encoded(named: "a.zip")
    let content = 30 + "a.npy".utf8.count
    bytes[content] ^= 1
    let error = #expect(throws: DataFileError.self) { try decode(bytes) }
    #expect(error?.problem.contains("a.npy is damaged") == true)
  }

  @Test func namesMayNotComeTwice() throws {
    let twice = try ZipArchive([.init("a", [1]), .init("a", [2])]).encoded(named: "a.zip")
    let error = #expect(throws: DataFileError.self) { try decode(twice) }
    #expect(error?.problem.contains("a second member is named a") == true)
  }

  /// Members that point to the same bytes make much of little.
  @Test func bytesMayNotBelongToTwoMembers() throws {
    let archive = ZipArchive([.init("a", [5, 5]), .init("b", [5, 5])])
    var bytes = try archive.encoded(named: "a.zip")
    // The second entry of the directory ends with its offset and its name; then follow 22 bytes.
    let offset = bytes.count - 22 - 1 - 4
    #expect(bytes[offset] == 33)
    bytes[offset] = 0
    let error = #expect(throws: DataFileError.self) { try decode(bytes) }
    #expect(error?.problem.contains("are another member's, too") == true)
  }

  @Test func moreThanTheLimitIsRefused() throws {
    let bytes = try Self.archive.encoded(named: "a.zip")
    #expect(try decode(bytes, limit: 1003) == Self.archive)
    #expect(throws: DataFileError.self) { try decode(bytes, limit: 1002) }
  }

  /// Types and orders as numpy.savez_compressed writes them.
  @Test func numpysArchiveIsRead() throws {
    let members = try decode(NumPyArchive.bytes).members
    #expect(
      members.map(\.name) == ["upper/w", "f", "i", "n", "u", "e"].map { "\($0).npy" })
    let arrays = try members.map { try NPY.decodeRaw(FileBytes($0.name, $0.bytes)) }
    #expect(arrays.map(\.type) == ["f4", "f8", "i2", "i8", "u1", "f4"])
    #expect(arrays.map(\.shape) == [[2, 3], [2, 3], [2], [], [2, 1], [0, 3]])
    func bytes<Number>(_ numbers: [Number]) -> [UInt8] { numbers.withUnsafeBytes(Array.init) }
    #expect(arrays[0].bytes == bytes([-1, -0.5, 0, 0.5, 1, 1.5] as [Float]))
    #expect(arrays[1].bytes == bytes([0, 1, 2, 3, 4, 5] as [Double]))
    #expect(arrays[2].bytes == bytes([-2, 3] as [Int16]))
    #expect(arrays[3].bytes == bytes([-5] as [Int]))
    #expect(arrays[4].bytes == [200, 7] && arrays[5].bytes == [])
  }

  /// Headers are NumPy's to the byte.
  @Test func arraysAreWrittenAsNumPyDoes() throws {
    for member in try decode(NumPyArchive.bytes).members where member.name != "f.npy" {
      let array = try NPY.decodeRaw(FileBytes(member.name, member.bytes))
      if member.name != "i.npy" { #expect(array.encoded == member.bytes, "\(member.name)") }
      #expect(try NPY.decodeRaw(FileBytes(member.name, array.encoded)) == array)
    }
  }
}

/// An archive of numpy.savez_compressed: w, f (columns first), i (big-endian), n (a single number), u, e (empty).
enum NumPyArchive {
  static let bytes = [UInt8](Data(base64Encoded: text) ?? Data())
  private static let text =
    "UEsDBC0AAAAIAAAAIQBLSmgB//////////8LABQAdXBwZXIvdy5ucHkBABAAmAAAAAAAAABXAAAAAAAAAJvsF+ob"
    + "EMnIUMZQrZ6SWpxcpG6loG6TZqKuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6CsaaOgq1CmQDLgaG"
    + "hv0MDAwgDAL2QD4QH7AHAFBLAwQtAAAACAAAACEA5MgGYP//////////BQAUAGYubnB5AQAQALAAAAAAAAAAVwAA"
    + "AAAAAACb7BfqGxDJyFDGUK2eklqcXKRupaBuk2ahrqOgnpZfVFKUmBefX5SSChIPKSpNBQoXZyQWpAK5GkY6Csaa"
    + "Ogq1CuQDLgYUwOEAoT/YQ2gBKJ8BSos4AABQSwMELQAAAAgAAAAhAPaZVb7//////////wUAFABpLm5weQEAEACE"
    + "AAAAAAAAAEgAAAAAAAAAm+wX6hsQychQxlCtnpJanFykbqWgbpdppK6joJ6WX1RSlJgXn1+UkgoSd0vMKU4Fihdn"
    + "JBakAvkaRjqaOgq1ChQArv//GJgBUEsDBC0AAAAIAAAAIQC1vxmm//////////8FABQAbi5ucHkBABAAiAAAAAAA"
    + "AABGAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG6TaaGuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5"
    + "Gpo6CrUKFAGu3/8hAABQSwMELQAAAAgAAAAhAPDv8g///////////wUAFAB1Lm5weQEAEACCAAAAAAAAAEgAAAAA"
    + "AAAAm+wX6hsQychQxlCtnpJanFykbqWgXlNqqK6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkaRjoKhpo6"
    + "CrUKZAOuE+wAUEsDBC0AAAAIAAAAIQCjaFJ3//////////8FABQAZS5ucHkBABAAgAAAAAAAAABGAAAAAAAAAJvs"
    + "F+obEMnIUMZQrZ6SWpxcpG6loG6TZqKuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GgY6CsaaOgq1CmQD"
    + "LgBQSwECLQMtAAAACAAAACEAS0poAVcAAACYAAAACwAAAAAAAAAAAAAAgAEAAAAAdXBwZXIvdy5ucHlQSwECLQMt"
    + "AAAACAAAACEA5MgGYFcAAACwAAAABQAAAAAAAAAAAAAAgAGUAAAAZi5ucHlQSwECLQMtAAAACAAAACEA9plVvkgA"
    + "AACEAAAABQAAAAAAAAAAAAAAgAEiAQAAaS5ucHlQSwECLQMtAAAACAAAACEAtb8ZpkYAAACIAAAABQAAAAAAAAAA"
    + "AAAAgAGhAQAAbi5ucHlQSwECLQMtAAAACAAAACEA8O/yD0gAAACCAAAABQAAAAAAAAAAAAAAgAEeAgAAdS5ucHlQ"
    + "SwECLQMtAAAACAAAACEAo2hSd0YAAACAAAAABQAAAAAAAAAAAAAAgAGdAgAAZS5ucHlQSwUGAAAAAAYABgA4AQAA"
    + "GgMAAAAA"
}
