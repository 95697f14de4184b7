import DataFiles
import Foundation
import Problems
import Testing

/// Pixels in memory, in files and in both: the same numbers.
@Suite struct PixelStoreTests {
  private static func rows(_ store: PixelStore) -> [[Double]] {
    (0..<store.rowCount).map { row in
      [Double](unsafeUninitializedCapacity: store.width) { target, count in
        store.write(row, to: target)
        count = store.width
      }
    }
  }

  @Test func filesAndMemoryAreAlike() throws {
    let bytes = (0..<7 * 6).map { UInt8(($0 * 41) % 256) }
    let path = FileManager.default.temporaryDirectory.path + "/\(UUID().uuidString).npy"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(RawArray(type: "u1", shape: [7, 2, 3], bytes: bytes).encoded)
      .write(to: URL(fileURLWithPath: path))
    let array = try #require(try NPY.mapped(path, atLeast: 0))
    let expected = (0..<7).map { image in (0..<6).map { Double(Float(bytes[image * 6 + $0]) / 255) }
    }
    let mapped = PixelStore([.mapped(array)], width: 6, fullInk: 255)
    #expect(mapped.rowCount == 7 && Self.rows(mapped) == expected)
    let kept = PixelStore([.bytes(bytes)], width: 6, fullInk: 255)
    #expect(Self.rows(kept) == expected)
    let both = kept.followed(by: mapped).followed(by: kept)
    #expect(both.rowCount == 21 && Self.rows(both) == expected + expected + expected)
    #expect(PixelStore.Piece.mapped(array).bytes == bytes)
  }
}
