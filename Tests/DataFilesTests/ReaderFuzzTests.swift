import DataFiles
import Foundation
import TestSupport
import Testing

/// Damaged files, in great number where it is asked for: every reader gives an array or an error, never a trap, and no
/// array is larger than its file.
@Suite struct ReaderFuzzTests {
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
      "CSV", Array("width,age\n1,\"2.5\"\n-3e5,4\n0.125,6\n".utf8),
      { try Table.decode($0).rowCount }
    ),
    (
      "IDX, wide", [0, 0, 14, 1, 0, 0, 0, 2] + [UInt8](repeating: 63, count: 16),
      { try IDX.decode($0).values.count }
    ),
    (
      "LIBSVM", Array("+1 1:0.5 3:-2e1\n# words\n-1 2:7 # more\n2.5 1:1 2:2 3:3\n".utf8),
      { try LIBSVM.decode($0).matrix.entryCount }
    ),
    (
      "LIBSVM as a table", Array("+1 1:0.5 3:-2e1\n-1 2:7\n2.5 1:1 2:2 3:3\n".utf8),
      { try Table.decode($0).rowCount }
    ),
    (
      "sparse", (try? NPZTests.file(NPZTests.sparse))?.bytes ?? [],
      { try SparseTable.decode($0).matrix.entryCount }
    ),
    ("gzip", FileBytesTests.zipped, { $0.bytes.count }),
    ("zip", NumPyArchive.bytes, zipped),
    ("zip, stored", (try? ZipArchiveTests.archive.encoded(named: "zip")) ?? [], zipped),
  ]

  /// Members may be deflated: at most 1,032 bytes from one.
  private static let zipped: @Sendable (FileBytes) throws -> Int = { file in
    let archive = try ZipArchive(decoding: file.bytes, named: file.path, limit: 1 << 20)
    return archive.members.reduce(0) { $0 + $1.bytes.count } / 1032
  }

  @Test(arguments: readers.indices)
  func noMutatedFileTraps(_ index: Int) throws {
    let refused = try Self.mutate(index, count: 1000)
    #expect(refused > 20)
  }

  /// Feeds a reader mutated files; gives how many it refused.
  static func mutate(_ index: Int, count: Int) throws -> Int {
    let (name, original, decode) = Self.readers[index]
    var random = Mutation(seed: 20_261_123 + UInt64(index))
    var (accepted, refused) = (0, 0)
    for _ in 0..<count {
      let bytes = random.mutated(original)
      do {
        let count = try decode(try FileBytes(name, bytes, limit: 1 << 20))
        #expect(count <= max(bytes.count, 1) || name == "gzip")
        accepted += 1
      } catch is DataFileError {
        refused += 1
      }
    }
    print("\(name): \(accepted) of \(count) mutated files accepted, \(refused) refused")
    #expect(accepted > 0)
    return refused
  }
}

@Suite struct SlowReaderFuzzTests {
  @Test(arguments: ReaderFuzzTests.readers.indices)
  func noMutatedFileTraps(_ index: Int) throws {
    #expect(try ReaderFuzzTests.mutate(index, count: 50_000) > 1000)
  }
}

/// Random damage to bytes, from a seed.
struct Mutation {
  private var draws: Draws

  init(seed: UInt64) { draws = Draws(seed: seed) }

  /// A few changes: bits, bytes, extremes, cuts, doubled and moved pieces.
  mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
    var result = bytes
    for _ in 0...draws.next(4) {
      guard !result.isEmpty else { return result }
      let place = draws.next(result.count)
      switch draws.next(7) {
      case 0: result[place] ^= 1 << UInt8(draws.next(8))
      case 1: result[place] = UInt8(draws.next(256))
      case 2: for index in place..<min(place + 4, result.count) { result[index] = 0xff }
      case 3: result.removeSubrange(place...)
      case 4:
        result.insert(
          contentsOf: result[place..<min(place + 1 + draws.next(8), result.count)], at: place)
      case 5: result.remove(at: place)
      default: result.append(UInt8(draws.next(256)))
      }
    }
    return result
  }
}
