import CZlib

/// Gzip (RFC 1952), through the system's zlib.
enum Gzip {
  static func isGzip(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x1f, 0x8b]) }

  /// CRC-32, as in gzip's trailer.
  static func checksum(_ bytes: [UInt8]) -> UInt32 { bytes.withUnsafeBytes(checksum) }

  /// The same of bytes that are no array.
  static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var sum = crc32(0, nil, 0)
    let buffer = bytes.bindMemory(to: UInt8.self)
    var start = 0
    while start < buffer.count {
      let count = min(buffer.count - start, 1 << 30)
      sum = crc32(sum, buffer.baseAddress! + start, UInt32(count))
      start += count
    }
    return UInt32(sum)
  }

  /// The bytes of all members, one after another. Memory grows with what was inflated, not with what a
  /// header claims.
  static func inflated(
    _ bytes: [UInt8], _ path: String, limit: Int
  ) throws(DataFileError) -> [UInt8] {
    var stream = z_stream()
    // 15 bits of window, and 16 for gzip's header and checksum.
    guard
      inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else {
      throw DataFileError(
        path, "zlib could not start", remedy: "check that the machine has memory to spare")
    }
    defer { inflateEnd(&stream) }
    var result: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 18)
    var done = 0
    while true {
      let status = next(&stream, bytes, &done, into: &chunk, &result)
      guard result.count <= limit else {
        throw DataFileError(
          path, "inflates to more than \(limit) bytes", remedy: "check the path, or split the data")
      }
      switch status {
      case Z_STREAM_END:
        if done == bytes.count { return result }
        guard Array(bytes[done...].prefix(2)) == [0x1f, 0x8b] else {
          throw damaged(path, done, "is followed by bytes that are not gzip's")
        }
        inflateReset(&stream)
      case Z_OK where done < bytes.count || stream.avail_out == 0:
        continue
      case Z_OK, Z_BUF_ERROR:
        throw damaged(path, done, "ends too early")
      default:
        throw damaged(path, done, "is damaged")
      }
    }
  }

  /// Inflates up to a chunk's length and appends it.
  static func next(
    _ stream: inout z_stream, _ bytes: [UInt8], _ done: inout Int, into chunk: inout [UInt8],
    _ result: inout [UInt8]
  ) -> Int32 {
    let given = min(bytes.count - done, 1 << 30)
    let capacity = chunk.count
    let status = bytes.withUnsafeBufferPointer { source in
      chunk.withUnsafeMutableBufferPointer { target in
        stream.next_in = UnsafeMutablePointer(mutating: source.baseAddress! + done)
        stream.avail_in = UInt32(given)
        stream.next_out = target.baseAddress
        stream.avail_out = UInt32(capacity)
        return inflate(&stream, Z_NO_FLUSH)
      }
    }
    done += given - Int(stream.avail_in)
    result.append(contentsOf: chunk[..<(capacity - Int(stream.avail_out))])
    return status
  }

  private static func damaged(_ path: String, _ offset: Int, _ problem: String) -> DataFileError {
    DataFileError(
      path, "the gzipped stream \(problem), at byte \(offset) of the compressed file",
      remedy: "fetch the file again")
  }
}
