import Foundation

/// A file that the system maps into memory: its bytes are read when they are used, and take no memory of the program's own. A file
/// that is made shorter meanwhile ends the program.
package final class MappedFile: @unchecked Sendable {
  // Unchecked: the bytes are only read.
  /// Shorter files are read instead: nobody can change them then.
  package static let leastBytes = 1 << 28

  /// The file's path.
  package let path: String
  /// Its bytes, as long as this object is there.
  package let bytes: UnsafeRawBufferPointer

  /// Maps a file.
  ///
  /// - Throws: ``DataFileError`` where it is not there, is no regular file, or cannot be mapped.
  package init(_ path: String) throws(DataFileError) {
    self.path = path
    do throws(RegularFile.Failure) {
      bytes = try RegularFile.opened(path) { descriptor, size throws(RegularFile.Failure) in
        // Nothing cannot be mapped.
        guard size > 0 else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        guard let start = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0),
          start != MAP_FAILED
        else { throw .system(errno) }
        return UnsafeRawBufferPointer(start: start, count: size)
      }
    } catch {
      throw FileBytes.error(error, path, .max)
    }
  }

  deinit {
    if let start = bytes.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
    }
  }

  /// The CRC-32 of the bytes, which are all read for it.
  package var checksum: UInt32 { Gzip.checksum(bytes) }
}

/// An array in a mapped file.
package struct MappedArray: Sendable {
  /// The file.
  package let file: MappedFile
  /// The size of each axis.
  package let shape: [Int]
  /// The type of its numbers.
  let kind: NPYElementKind
  /// Where the array begins in the file.
  let start: Int

  /// The number of rows: the size of the first axis, 1 where there is none.
  package var rows: Int { shape.first ?? 1 }

  /// Numbers of a row.
  package var rowCount: Int { shape.dropFirst().reduce(1, *) }

  /// Whether its numbers are bytes.
  package var isOfBytes: Bool { kind.name == "u1" }

  /// Some of the bytes, as long as the file is there.
  package func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(
      rebasing: file.bytes[start + range.lowerBound..<start + range.upperBound])
  }

  /// Writes some numbers of the flat array.
  ///
  /// - Parameters:
  ///   - first: The first of them.
  ///   - target: As many numbers as there are to be.
  package func write(from first: Int, to target: UnsafeMutableBufferPointer<Double>) {
    kind.write(bytes(first * kind.size..<(first + target.count) * kind.size), to: target)
  }

  /// A number of the flat array.
  package subscript(place: Int) -> Double {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: 1) { number in
      write(from: place, to: number)
      return number[0]
    }
  }
}
