import CZlib

/// A zip archive in memory: named members in order, stored or deflated. Encrypted, split and 64-bit archives are refused.
///
/// Source: PKWARE, "APPNOTE.TXT - .ZIP File Format Specification", version 6.3.
package struct ZipArchive: Sendable, Equatable {
  /// A file within an archive.
  package struct Member: Sendable, Equatable {
    /// The name; unique in its archive.
    package let name: String
    /// The content.
    package let bytes: [UInt8]

    /// A file within an archive.
    package init(_ name: String, _ bytes: [UInt8]) {
      self.name = name
      self.bytes = bytes
    }
  }

  /// The members.
  package var members: [Member]

  /// An archive of members.
  package init(_ members: [Member]) { self.members = members }

  /// Decodes an archive. Nothing is believed before it is checked against the file's own size, and memory grows with
  /// what was inflated, not with what a header claims.
  ///
  /// - Parameters:
  ///   - bytes: The whole file.
  ///   - path: What errors call it.
  ///   - limit: The most bytes that all members together may have.
  /// - Throws: ``DataFileError``.
  package init(
    decoding bytes: [UInt8], named path: String, limit: Int = FileBytes.limit
  ) throws(DataFileError) {
    let reader = ZipReader(bytes: bytes, path: path)
    members = []
    // By their code points: names that Unicode calls equivalent are two.
    var names: Set<[UInt8]> = []
    var rest = limit
    // Members that share bytes make small files of huge archives.
    var taken: [Range<Int>] = []
    for entry in try reader.entries() {
      guard names.insert(Array(entry.name.utf8)).inserted else {
        throw reader.wrong(entry.place, "a second member is named \(entry.name)")
      }
      let range = try reader.range(of: entry)
      guard !taken.contains(where: { $0.overlaps(range) }) else {
        throw reader.wrong(entry.place, "the bytes of \(entry.name) are another member's, too")
      }
      taken.append(range)
      let content = try reader.content(of: entry, in: range, limit: rest)
      rest -= content.count
      members.append(Member(entry.name, content))
    }
  }
}

/// What an archive's directory says of a member.
private struct ZipEntry {
  let name: String
  let isDeflated: Bool
  let checksum: UInt32
  let storedCount: Int
  let count: Int
  /// Where its own header is.
  let offset: Int
  /// Where the directory says so, for errors.
  let place: Int
}

private struct ZipReader {
  let bytes: [UInt8]
  let path: String

  func wrong(_ offset: Int, _ problem: String) -> DataFileError {
    DataFileError(
      path, at: .byte(offset), "no valid .npz or zip archive: \(problem)",
      remedy: "give an archive saved by numpy.savez, or write it anew")
  }

  /// A little-endian number; the caller has checked that it is there.
  private func number(at offset: Int, _ count: Int) -> Int {
    (0..<count).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
  }

  private func has(_ signature: [UInt8], at offset: Int) -> Bool {
    bytes[offset..<offset + 4].elementsEqual(signature)
  }

  /// The end of the directory: the last place where its mark stands with a comment that ends with the file.
  private func directoryEnd() throws(DataFileError) -> Int {
    let (length, longestComment) = (22, 0xFFFF)
    guard bytes.count >= length else { throw wrong(bytes.count, "it has \(bytes.count) bytes") }
    let last = bytes.count - length
    for place in stride(from: last, through: max(0, last - longestComment), by: -1)
    where has([0x50, 0x4b, 5, 6], at: place) && number(at: place + 20, 2) == last - place {
      return place
    }
    throw wrong(last, "its directory is missing")
  }

  /// The directory's entries, in order.
  func entries() throws(DataFileError) -> [ZipEntry] {
    let end = try directoryEnd()
    let (count, size) = (number(at: end + 10, 2), number(at: end + 12, 4))
    let start = number(at: end + 16, 4)
    guard number(at: end + 4, 4) == 0, number(at: end + 8, 2) == count else {
      throw wrong(end, "it is a part of a split archive")
    }
    guard count < 0xFFFF, size < 0xFFFF_FFFF, start < 0xFFFF_FFFF else {
      throw wrong(end, "it is a 64-bit archive")
    }
    guard start + size == end else {
      throw wrong(end, "its directory is not where it should be")
    }
    var entries: [ZipEntry] = []
    var place = start
    for _ in 0..<count {
      let entry = try entry(at: &place, end: end)
      entries.append(entry)
    }
    guard place == end else { throw wrong(place, "its directory has more than its members") }
    return entries
  }

  private func entry(at place: inout Int, end: Int) throws(DataFileError) -> ZipEntry {
    let length = 46
    guard place + length <= end, has([0x50, 0x4b, 1, 2], at: place) else {
      throw wrong(place, "its directory is damaged")
    }
    let (flags, method) = (number(at: place + 8, 2), number(at: place + 10, 2))
    let nameLength = number(at: place + 28, 2)
    let next = place + length + nameLength + number(at: place + 30, 2) + number(at: place + 32, 2)
    guard next <= end else { throw wrong(place, "its directory is damaged") }
    let nameBytes = bytes[place + length..<place + length + nameLength]
    guard let name = String(validating: nameBytes, as: UTF8.self) else {
      throw wrong(place + length, "a member's name is not UTF-8")
    }
    guard flags & 1 == 0 else { throw wrong(place, "\(name) is encrypted") }
    guard method == 0 || method == 8 else {
      throw wrong(place, "\(name) is compressed by method \(method), neither stored nor deflated")
    }
    let entry = ZipEntry(
      name: name, isDeflated: method == 8, checksum: UInt32(number(at: place + 16, 4)),
      storedCount: number(at: place + 20, 4), count: number(at: place + 24, 4),
      offset: number(at: place + 42, 4), place: place)
    guard max(entry.storedCount, entry.count, entry.offset) < 0xFFFF_FFFF else {
      throw wrong(place, "\(name) is a 64-bit member")
    }
    guard entry.isDeflated || entry.storedCount == entry.count else {
      throw wrong(place, "\(name) is stored, and its two lengths differ")
    }
    place = next
    return entry
  }

  /// Where a member's bytes are: after its own header, and before the directory.
  func range(of entry: ZipEntry) throws(DataFileError) -> Range<Int> {
    let (offset, length) = (entry.offset, 30)
    guard offset + length <= bytes.count, has([0x50, 0x4b, 3, 4], at: offset) else {
      throw wrong(entry.place, "\(entry.name) is not where the directory says")
    }
    let start = offset + length + number(at: offset + 26, 2) + number(at: offset + 28, 2)
    guard start + entry.storedCount <= bytes.count else {
      throw wrong(offset, "\(entry.name) ends after the file")
    }
    return start..<start + entry.storedCount
  }

  func content(
    of entry: ZipEntry, in range: Range<Int>, limit: Int
  ) throws(DataFileError) -> [UInt8] {
    guard entry.count <= limit else {
      throw DataFileError(
        path, "holds more than \(FileBytes.limit) bytes", remedy: "split the archive")
    }
    let stored = Array(bytes[range])
    let content = entry.isDeflated ? try inflated(stored, entry) : stored
    guard content.count == entry.count, Gzip.checksum(content) == entry.checksum else {
      throw wrong(entry.offset, "\(entry.name) is damaged: its length or checksum differs")
    }
    return content
  }

  private func inflated(_ stored: [UInt8], _ entry: ZipEntry) throws(DataFileError) -> [UInt8] {
    var stream = z_stream()
    // Negative: no header and no trailer.
    guard inflateInit2_(&stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else {
      throw DataFileError(
        path, "zlib could not start", remedy: "check that the machine has memory to spare")
    }
    defer { inflateEnd(&stream) }
    var result: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: min(max(entry.count, 64), 1 << 18))
    var done = 0
    while result.count <= entry.count, !stored.isEmpty {
      switch Gzip.next(&stream, stored, &done, into: &chunk, &result) {
      case Z_STREAM_END: return result
      case Z_OK: continue
      default: throw wrong(entry.offset, "\(entry.name) is damaged: it cannot be inflated")
      }
    }
    throw wrong(entry.offset, "\(entry.name) inflates to more than the directory says")
  }
}
