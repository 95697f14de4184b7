import DataFiles
import Foundation
import Onnx
import Randomness
import Tensors
import Testing
import TestSupport

/// Damaged files: whatever their bytes are, they are read and translated, or refused by an error that names the file.
@Suite struct OnnxFuzzTests {
  /// As many as `IGBM_ONNX_FILES` says; 300 by default.
  private static let count =
    Int(ProcessInfo.processInfo.environment["IGBM_ONNX_FILES"] ?? "") ?? 300

  @Test func damagedFilesAreRefusedOrRead() throws {
    let names = OnnxFixture.names
    let files = try names.map { name in
      try [UInt8](Data(contentsOf: URL(fileURLWithPath: OnnxFixture.path(name))))
    }
    let fixtures = try names.map { try OnnxFixture.named($0) }
    var (read, refused) = (0, 0)
    for number in 0..<Self.count {
      var random = RandomStream(seed: 7, purpose: .task, step: 0, index: number)
      let index = random.integer(below: files.count)
      let bytes = Self.damaged(files[index], by: &random)
      do {
        let graph = try OnnxGraph(decoding: bytes, named: "damaged.onnx")
        _ = try OnnxTrace(OnnxFunction(graph), fixtures[index])
        read += 1
      } catch is DataFileError {
        refused += 1
      } catch is TensorError {
        refused += 1
      }
    }
    #expect(read > 0 && refused > 0)
  }

  /// Some bytes replaced, cut out, doubled or taken from elsewhere.
  private static func damaged(_ bytes: [UInt8], by random: inout RandomStream) -> [UInt8] {
    var bytes = bytes
    for _ in 0...random.integer(below: 4) where !bytes.isEmpty {
      let place = random.integer(below: bytes.count)
      let length = min(random.integer(below: 16) + 1, bytes.count - place)
      switch random.integer(below: 6) {
      case 0: bytes[place] = UInt8(random.integer(below: 256))
      case 1: bytes[place] ^= 1 << UInt8(random.integer(below: 8))
      case 2: bytes.removeSubrange(place..<place + length)
      case 3: bytes.insert(contentsOf: bytes[place..<place + length], at: place)
      case 4:
        let other = random.integer(below: bytes.count - length + 1)
        bytes.replaceSubrange(place..<place + length, with: Array(bytes[other..<other + length]))
      default:
        // A number of the most bytes that one may have.
        bytes.insert(contentsOf: [UInt8](repeating: 0xFF, count: 9) + [1], at: place)
      }
    }
    return bytes
  }
}
