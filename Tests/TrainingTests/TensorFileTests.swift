import Foundation
import Testing
import Training

@Suite struct TensorFileTests {
  private let file = TensorFile(
    metadata: [.init("format", "igbm-dist 1"), .init("quote\"d", "back\\slash\n")],
    tensors: [
      NamedTensor("upper/a", shape: [2, 3], [1, -2, 0.5, .infinity, -0.0, 1e-300]),
      NamedTensor("upper/b", shape: [], [7]), NamedTensor("none", shape: [0, 4], []),
    ])

  private func decode(_ bytes: [UInt8]) throws -> TensorFile {
    try TensorFile(decoding: bytes, named: "test")
  }

  @Test func whatIsWrittenIsRead() throws {
    let bytes = file.encoded()
    #expect(try decode(bytes) == file)
    #expect(bytes == file.encoded())
    #expect(try decode(bytes).tensors[0].values == file.tensors[0].values)
  }

  @Test func theBytesAreThoseOfTheFormat() {
    let small = TensorFile(metadata: [], tensors: [NamedTensor("x", shape: [1], [1])])
    let header = #"{"x":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}"#
    let padded = header + String(repeating: " ", count: 56 - header.utf8.count)
    #expect(
      small.encoded() == [56, 0, 0, 0, 0, 0, 0, 0] + Array(padded.utf8)
        + [0, 0, 0, 0, 0, 0, 0xF0, 0x3F])
  }

  /// A header, with its length in front and content behind.
  private func bytes(_ header: String, content: Int = 8, length: UInt64? = nil) -> [UInt8] {
    withUnsafeBytes(of: (length ?? UInt64(header.utf8.count)).littleEndian) { Array($0) }
      + Array(header.utf8) + [UInt8](repeating: 0, count: content)
  }

  @Test(arguments: [
    (#"{"x":{"dtype":"F64","shape":[1],"data_offsets":[0,16]}}"#, "claims bytes 0 to 16"),
    (#"{"x":{"dtype":"F64","shape":[1],"data_offsets":[8,8]}}"#, "claims bytes 8 to 8"),
    (#"{"x":{"dtype":"F64","shape":[2],"data_offsets":[0,8]}}"#, "cannot have 8 bytes"),
    (#"{"x":{"dtype":"F64","shape":[-1],"data_offsets":[0,8]}}"#, "whole number, 0 or more"),
    (#"{"x":{"dtype":"F64","shape":[9223372036854775807,9],"data_offsets":[0,8]}}"#, "cannot have"),
    (#"{"x":{"dtype":"F64","shape":[99999999999999999999],"data_offsets":[0,8]}}"#, "too large"),
    (#"{"x":{"dtype":"F64","shape":[1]}}"#, "lacks a member"),
    (#"{"x":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},"x":{}}"#, "comes twice"),
    (#"{}"#, "8 bytes at its end belong to no tensor"),
    (#"{"__metadata__":{"a":1}}"#, "is missing"),
    (#"{"x":"#, "is missing"),
    (#"{} {}"#, "follows the object"),
  ])
  func damagedHeadersAreNamed(_ header: String, _ message: String) {
    let error = #expect(throws: StateError.self) { try decode(bytes(header)) }
    #expect(error?.code == .malformed)
    #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
  }

  @Test func row9_lengthsAreNotBelieved() {
    for length in [UInt64.max, 1 << 63, 100_000_001, 3] {
      #expect(throws: StateError.self) { try decode(bytes("{}", length: length)) }
    }
    #expect(throws: StateError.self) { try decode([1, 2, 3]) }
    let missing = #expect(throws: StateError.self) { try TensorFile.read("/nowhere/x.safetensors") }
    #expect(missing?.code == .missing)
  }

  /// 100,000 damaged copies: each is refused or read, never a trap.
  @Test func row9_damagedFilesNeverTrap() {
    let original = file.encoded()
    var state: UInt64 = 42
    func random(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    var refused = 0
    for _ in 0..<100_000 {
      var bytes = original
      for _ in 0...random(3) {
        switch random(4) {
        case 0: bytes[random(bytes.count)] ^= UInt8(1 << random(8))
        case 1: bytes[random(bytes.count)] = UInt8(random(256))
        case 2: bytes.removeLast(random(min(bytes.count - 1, 40)) + 1)
        default: bytes.insert(UInt8(random(256)), at: random(bytes.count))
        }
        if bytes.isEmpty { bytes = [0] }
      }
      if (try? decode(bytes)) == nil { refused += 1 }
    }
    #expect(refused > 50_000)
  }
}
