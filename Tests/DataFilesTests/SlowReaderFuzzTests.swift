import DataFiles
import Foundation
import Testing

/// Damaged files in great number: every reader gives an array or an error, never a trap, and no array is larger than its
/// file.
@Suite struct SlowReaderFuzzTests {
  private static let header = "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }"

  static let readers: [(String, [UInt8], @Sendable (FileBytes) throws -> Int)] = [
    (
      "IDX", [0, 0, 11, 2, 0, 0, 0, 2, 0, 0, 0, 3] + [UInt8](repeating: 5, count: 12),
      { try IDX.decode($0).values.count }
    ),
    (
      "NPY", NPYTests.file(header, [UInt8](repeating: 63, count: 24)),
      { try NPY.decode($0).values.count }
    ),
    (
      "CSV", Array("width,age\n1,2.5\n-3e5,4\n0.125,6\n".utf8),
      { try NumericTable.decode($0).array.values.count }
    ),
    ("gzip", FileBytesTests.zipped, { $0.bytes.count }),
  ]

  @Test(arguments: readers.indices)
  func noMutatedFileTraps(_ index: Int) throws {
    let (name, original, decode) = Self.readers[index]
    var random = Mutation(seed: 20_261_123 + UInt64(index))
    var (accepted, refused) = (0, 0)
    for _ in 0..<50_000 {
      let bytes = random.mutated(original)
      do {
        let count = try decode(try FileBytes(name, bytes, limit: 1 << 20))
        #expect(count <= max(bytes.count, 1) || name == "gzip")
        accepted += 1
      } catch is DataFileError {
        refused += 1
      }
    }
    print("\(name): \(accepted) of 50000 mutated files accepted, \(refused) refused")
    #expect(accepted > 0 && refused > 1000)
  }
}

/// Random damage to bytes, from a seed.
struct Mutation {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// SplitMix64 (Steele, Lea and Flood, 2014).
  private mutating func next(_ bound: Int) -> Int {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return Int((z ^ (z >> 31)) % UInt64(max(bound, 1)))
  }

  /// A few changes: bits, bytes, extremes, cuts, doubled and moved pieces.
  mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
    var result = bytes
    for _ in 0...next(4) {
      guard !result.isEmpty else { return result }
      let place = next(result.count)
      switch next(7) {
      case 0: result[place] ^= 1 << UInt8(next(8))
      case 1: result[place] = UInt8(next(256))
      case 2: for index in place..<min(place + 4, result.count) { result[index] = 0xff }
      case 3: result.removeSubrange(place...)
      case 4:
        result.insert(contentsOf: result[place..<min(place + 1 + next(8), result.count)], at: place)
      case 5: result.remove(at: place)
      default: result.append(UInt8(next(256)))
      }
    }
    return result
  }
}
