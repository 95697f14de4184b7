/// Arrays by name, as NumPy's `savez` and `savez_compressed` store them.
public struct NPZ: Sendable {
  /// The file's path.
  public let path: String
  /// The CRC-32 of the file's bytes.
  public let checksum: UInt32
  /// The arrays' names, in the file's order.
  public let names: [String]
  private let members: [ZipArchive.Member]

  /// Reads a file.
  ///
  /// - Throws: ``DataFileError`` for a file that cannot be read or is none of this format.
  public static func read(_ path: String) throws(DataFileError) -> NPZ {
    try NPZ(FileBytes(reading: path))
  }

  /// Decodes bytes; arrays are looked at when they are asked for.
  ///
  /// - Throws: As ``read(_:)``.
  public init(_ file: FileBytes) throws(DataFileError) {
    (path, checksum) = (file.path, file.checksum)
    members = try ZipArchive(decoding: file.bytes, named: file.path).members
    names = members.map { $0.name.hasSuffix(".npy") ? String($0.name.dropLast(4)) : $0.name }
  }

  /// Whether it holds a sparse matrix of SciPy's.
  public var isSparse: Bool { names.contains("indptr") && names.contains("format") }

  /// An array by its name.
  ///
  /// - Throws: ``DataFileError`` where there is none, or none of numbers.
  public func array(_ name: String) throws(DataFileError) -> FileArray {
    try NPY.decode(try member(name))
  }

  /// The text of an array that holds one.
  func text(_ name: String) throws(DataFileError) -> String {
    let file = try member(name)
    guard let text = try NPY.text(file) else {
      throw DataFileError(file.path, "holds no text", remedy: "save the arrays anew")
    }
    return text
  }

  private func member(_ name: String) throws(DataFileError) -> FileBytes {
    guard let index = names.firstIndex(of: name) else {
      throw DataFileError(
        path, "has no array \(name)", remedy: "there are \(names.joined(separator: ", "))")
    }
    return try FileBytes("\(path): \(name)", members[index].bytes)
  }
}
