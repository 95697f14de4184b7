import DataFiles
import Foundation
import Testing

@Suite struct FileBytesTests {
  /// "hello hello hello\n".
  static let zipped: [UInt8] = [
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0xff, 0xcb, 0x48, 0xcd, 0xc9,
    0xc9, 0x57, 0xc8, 0x40, 0x90, 0x5c, 0x00, 0x3b, 0x7c, 0x8a, 0xdf, 0x12, 0x00, 0x00, 0x00,
  ]
  static let text = Array("hello hello hello\n".utf8)

  @Test func gzipShowsInTheBytesNotTheName() throws {
    #expect(try FileBytes("a", Self.zipped).bytes == Self.text)
    #expect(try FileBytes("a.gz", Self.text).bytes == Self.text)
  }

  @Test func membersFollowOneAnother() throws {
    #expect(try FileBytes("a", Self.zipped + Self.zipped).bytes == Self.text + Self.text)
  }

  @Test func damagedStreamsAreRefused() {
    for count in 2..<Self.zipped.count {
      #expect(throws: DataFileError.self) { try FileBytes("a", Array(Self.zipped[..<count])) }
    }
    #expect(throws: DataFileError.self) { try FileBytes("a", Self.zipped + [0]) }
    var wrongSum = Self.zipped
    wrongSum[21] ^= 1
    #expect(throws: DataFileError.self) { try FileBytes("a", wrongSum) }
  }

  @Test func aLimitHolds() {
    let error = #expect(throws: DataFileError.self) {
      try FileBytes("a", Self.zipped, limit: 17)
    }
    #expect(error?.problem.contains("more than 17 bytes") == true)
    #expect(throws: Never.self) { try FileBytes("a", Self.zipped, limit: 18) }
  }

  @Test(arguments: ["/nowhere/at/all", "/tmp", "/dev/zero", ""])
  func pathsThatAreNoFilesAreRefused(_ path: String) {
    #expect(throws: DataFileError.self) { try FileBytes(reading: path) }
  }

  @Test func zerosInAPathAreRefusedAndShownByTheirCode() {
    let error = #expect(throws: DataFileError.self) { try FileBytes(reading: "a\0b") }
    #expect(error?.description.hasPrefix("a\\u{0}b: is no path") == true)
  }

  @Test func filesAreReadWhole() throws {
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent(UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(Self.zipped).write(to: URL(fileURLWithPath: path))
    #expect(try FileBytes(reading: path).bytes == Self.text)
    #expect(throws: DataFileError.self) { try FileBytes(reading: path, limit: 20) }
  }
}
