extension ZipArchive {
  /// The longest name, and the longest archive, that the format's 16 and 32 bits hold.
  private static let (longestName, longestFile) = (0xFFFF, 0xFFFF_FFFE)

  /// The archive's bytes, its members stored as they are and dated 1980, so that equal content gives equal bytes.
  ///
  /// - Parameter path: What errors call it.
  /// - Returns: The bytes.
  /// - Throws: ``DataFileError`` for more than the format holds: 4 GiB, or 65,534 members.
  package func encoded(named path: String) throws(DataFileError) -> [UInt8] {
    let remedy = "write .safetensors instead"
    guard members.count < 0xFFFF, members.allSatisfy({ $0.name.utf8.count <= Self.longestName })
    else {
      throw DataFileError(path, "too many members, or too long names, for .npz", remedy: remedy)
    }
    var (bytes, directory): ([UInt8], [UInt8]) = ([], [])
    for member in members {
      let (offset, name) = (bytes.count, Array(member.name.utf8))
      guard offset + 30 + name.count + member.bytes.count <= Self.longestFile else {
        throw DataFileError(path, "more than 4 GiB are too many for .npz", remedy: remedy)
      }
      let common = Self.common(member, name)
      bytes += Self.little(0x0403_4b50, 4) + common + Self.little(0, 2) + name + member.bytes
      // Made by version 2.0; no extra, comment, disk or attributes.
      directory +=
        Self.little(0x0201_4b50, 4) + Self.little(20, 2) + common
        + [UInt8](repeating: 0, count: 12) + Self.little(offset, 4) + name
    }
    guard bytes.count + directory.count + 22 <= Self.longestFile else {
      throw DataFileError(path, "more than 4 GiB are too many for .npz", remedy: remedy)
    }
    let end =
      Self.little(0x0605_4b50, 4) + Self.little(0, 4) + Self.little(members.count, 2)
      + Self.little(members.count, 2) + Self.little(directory.count, 4)
      + Self.little(bytes.count, 4) + Self.little(0, 2)
    return bytes + directory + end
  }

  /// What both headers of a member have: version, flags (UTF-8 names), method, time, date, checksum, lengths.
  private static func common(_ member: Member, _ name: [UInt8]) -> [UInt8] {
    let count = member.bytes.count
    let first = little(20, 2) + little(1 << 11, 2) + little(0, 2) + little(0, 2) + little(0x21, 2)
    return first + little(Int(Gzip.checksum(member.bytes)), 4) + little(count, 4)
      + little(count, 4) + little(name.count, 2)
  }

  private static func little(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }
}
