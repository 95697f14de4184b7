/// An array in the type that its file has it in.
package struct RawArray: Sendable, Equatable {
  /// NumPy's name of the type without byte order: `f4`, `i8`, `u1`.
  package let type: String
  /// The size of each axis.
  package let shape: [Int]
  /// The elements, little-endian, the last axis running fastest.
  package let bytes: [UInt8]

  /// An array; the bytes must be as many as type and shape need.
  package init(type: String, shape: [Int], bytes: [UInt8]) {
    self.type = type
    self.shape = shape
    self.bytes = bytes
  }

  /// The bytes of a .npy file, version 1, its header padded so that the elements start at a multiple of 64 bytes, as
  /// NumPy writes it.
  package var encoded: [UInt8] {
    let order = type.hasSuffix("1") ? "|" : "<"
    let sizes = shape.count == 1 ? "\(shape[0])," : shape.map(String.init).joined(separator: ", ")
    var header = "{'descr': '\(order)\(type)', 'fortran_order': False, 'shape': (\(sizes)), }"
    let start = 10
    header += String(repeating: " ", count: 63 - (start + header.utf8.count) % 64) + "\n"
    let length = header.utf8.count
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)]
      + Array(header.utf8) + bytes
  }
}
