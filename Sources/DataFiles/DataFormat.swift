/// What a data file is, by what it begins with: names tell nothing that its bytes do not.
public enum DataFormat: String, Sendable, CaseIterable {
  /// An array of NumPy's.
  case npy = "an array of NumPy (.npy)"
  /// Arrays of NumPy's, or a sparse matrix of SciPy's.
  case npz = "arrays of NumPy (.npz)"
  /// An array in MNIST's form.
  case idx = "an IDX array"
  /// Named tensors.
  case safetensors = "tensors (.safetensors)"
  /// A PNG picture.
  case png = "a PNG picture"
  /// A JPEG picture.
  case jpeg = "a JPEG picture"
  /// Lines of a target and pairs INDEX:VALUE.
  case libsvm = "LIBSVM text"
  /// Separated values.
  case table = "a table of separated values"

  /// The format of a file, unzipped. What is none of the others is taken for a table, whose reader then says what is wrong.
  public init(of file: FileBytes) {
    let bytes = file.bytes
    self =
      if bytes.starts(with: [0x93] + Array("NUMPY".utf8)) {
        .npy
      } else if bytes.starts(with: [0x50, 0x4b, 3, 4]) || bytes.starts(with: [0x50, 0x4b, 5, 6]) {
        .npz
      } else if bytes.starts(with: [0x89, 0x50, 0x4e, 0x47]) {
        .png
      } else if bytes.starts(with: [0xff, 0xd8, 0xff]) {
        .jpeg
      } else if bytes.starts(with: [0, 0]) {
        .idx
      } else if Self.isSafetensors(bytes) || file.path.hasSuffix(".safetensors") {
        .safetensors
      } else if LIBSVM.isLikely(bytes) {
        .libsvm
      } else {
        .table
      }
  }

  /// The length of a header that the file can have, then the header.
  private static func isSafetensors(_ bytes: [UInt8]) -> Bool {
    guard bytes.count > 8, bytes[8] == UInt8(ascii: "{") else { return false }
    let length = bytes[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return length <= UInt64(bytes.count - 8)
  }
}

extension FileArray {
  /// The array that a file is; nil for files of other formats.
  ///
  /// - Throws: ``DataFileError`` for a damaged one.
  package static func decode(_ file: FileBytes) throws(DataFileError) -> FileArray? {
    switch DataFormat(of: file) {
    case .npy: try NPY.decode(file)
    case .idx: try IDX.decode(file)
    default: nil
    }
  }
}
