/// Examples in sparse rows: a matrix of inputs, and a target for each row where the file has them.
public struct SparseTable: Sendable, Equatable {
  /// The file's path.
  public let path: String
  /// The CRC-32 of the file's bytes.
  public let checksum: UInt32
  /// The inputs.
  public let matrix: SparseMatrix
  /// Each row's target; nil where the file has none.
  public let targets: [Double]?

  /// Reads a file: LIBSVM text, gzipped or not, or what SciPy's `save_npz` has stored, which has no targets.
  ///
  /// - Throws: ``DataFileError`` for a file that cannot be read or is none of both.
  public static func read(_ path: String) throws(DataFileError) -> SparseTable {
    try decode(FileBytes(reading: path))
  }

  /// Decodes bytes.
  ///
  /// - Throws: As ``read(_:)``.
  public static func decode(_ file: FileBytes) throws(DataFileError) -> SparseTable {
    guard DataFormat(of: file) == .npz else { return try LIBSVM.decode(file) }
    return SparseTable(
      path: file.path, checksum: file.checksum, matrix: try SparseMatrix(try NPZ(file)),
      targets: nil)
  }
}
