import DataFiles
import Foundation
import Onnx
import Testing

/// Arrays that lie in another file, and sizes that are lies.
@Suite struct OnnxExternalDataTests {
  /// Bytes as protocol buffers have them.
  private struct Message {
    var bytes: [UInt8] = []

    func with(_ field: Int, _ content: [UInt8]) -> Message {
      Message(bytes: bytes + Self.number(field << 3 | 2) + Self.number(content.count) + content)
    }

    func with(_ field: Int, _ text: String) -> Message { with(field, Array(text.utf8)) }

    func with(_ field: Int, _ content: Message) -> Message { with(field, content.bytes) }

    func with(_ field: Int, _ value: Int) -> Message {
      Message(bytes: bytes + Self.number(field << 3) + Self.number(value))
    }

    private static func number(_ value: Int) -> [UInt8] {
      var (rest, bytes): (UInt64, [UInt8]) = (UInt64(bitPattern: Int64(value)), [])
      while rest > 127 {
        bytes.append(UInt8(rest & 127) | 128)
        rest >>= 7
      }
      return bytes + [UInt8(rest)]
    }
  }

  /// A graph that gives one constant of single precision, whose numbers are in a file.
  private func model(
    _ location: String, sizes: [Int] = [2], offset: String = "0"
  ) -> [UInt8] {
    func word(_ key: String, _ value: String) -> Message { Message().with(1, key).with(2, value) }
    var array = Message()
    for size in sizes { array = array.with(1, size) }
    array = array.with(2, 1).with(8, "a").with(13, word("location", location))
      .with(13, word("offset", offset)).with(14, 1)
    let graph = Message().with(5, array).with(12, Message().with(1, "a"))
    return Message().with(1, 8).with(8, Message().with(2, 18)).with(7, graph).bytes
  }

  private func inFolder(_ body: (String) throws -> Void) throws {
    let outer = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    let folder = outer.appendingPathComponent("inner")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: outer) }
    let numbers = [Float(1.5), -2, 4].flatMap { value in
      withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) }
    }
    for place in [outer, folder] {
      try Data(numbers).write(to: place.appendingPathComponent("numbers.bin"))
    }
    try body(folder.path)
  }

  private func message(_ bytes: [UInt8], _ folder: String) -> String {
    do {
      let graph = try OnnxGraph(decoding: bytes, named: "\(folder)/a.onnx")
      return "\(graph.constants["a"]?.numbers ?? [])"
    } catch { return "\(error)" }
  }

  @Test func aFileBesideTheGraphIsRead() throws {
    try inFolder { folder in
      #expect(message(model("numbers.bin"), folder) == "[1.5, -2.0]")
      #expect(message(model("numbers.bin", offset: "4"), folder) == "[-2.0, 4.0]")
    }
  }

  @Test(arguments: [
    "../numbers.bin", "/etc/hostname", "..", "", "./numbers.bin", "x/../numbers.bin",
  ])
  func noOtherFileIs(_ location: String) throws {
    try inFolder { folder in
      #expect(message(model(location), folder).contains("is not beside this one"))
    }
  }

  @Test func moreThanTheFileHasIsRefused() throws {
    try inFolder { folder in
      for (sizes, offset) in [([4], "0"), ([2], "8"), ([2], "-4"), ([2], "x"), ([2], "\(Int.max)")]
      {
        #expect(
          message(model("numbers.bin", sizes: sizes, offset: offset), folder)
            .contains("ends after numbers.bin"))
      }
    }
  }

  @Test func sizesThatNothingHoldsAreRefused() throws {
    try inFolder { folder in
      for sizes in [[1 << 40], [1 << 32, 1 << 32], [-1], [Int.min, 2]] {
        #expect(
          message(model("numbers.bin", sizes: sizes), folder).contains("impossible, or too large"))
      }
    }
  }
}
