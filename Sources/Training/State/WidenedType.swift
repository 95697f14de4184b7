/// Types of other programs' files whose elements are widened, without loss, to one that is kept.
enum WidenedType: String {
  /// IEEE 754's half precision.
  case half = "F16"
  /// The upper half of a 32-bit number (bfloat16).
  case brain = "BF16"
  /// Bytes of 0 and 1.
  case boolean = "BOOL"
  /// Whole numbers.
  case signed8 = "I8"
  case signed16 = "I16"
  case signed32 = "I32"
  case unsigned16 = "U16"
  case unsigned32 = "U32"

  /// Bytes of an element.
  var byteCount: Int {
    switch self {
    case .boolean, .signed8: 1
    case .half, .brain, .signed16, .unsigned16: 2
    case .signed32, .unsigned32: 4
    }
  }

  /// The tensor with its elements widened.
  ///
  /// - Parameters:
  ///   - name: Its name.
  ///   - shape: Its shape.
  ///   - data: Its elements, little-endian; as many as the shape has.
  /// - Returns: The tensor, of a type that is kept.
  func tensor(_ name: String, shape: [Int], _ data: some Collection<UInt8>) -> NamedTensor {
    switch self {
    case .boolean: NamedTensor(name: name, type: .byte, shape: shape, data: Array(data))
    case .half:
      NamedTensor(
        name, shape: shape,
        elements: bits(data).map { Float(Float16(bitPattern: UInt16(truncatingIfNeeded: $0))) })
    case .brain:
      NamedTensor(
        name, shape: shape,
        elements: bits(data).map { Float(bitPattern: UInt32(truncatingIfNeeded: $0) << 16) })
    case .signed8, .signed16, .signed32:
      NamedTensor(name, shape: shape, elements: bits(data).map(signed))
    case .unsigned16, .unsigned32:
      NamedTensor(name, shape: shape, elements: bits(data).map { Int64($0) })
    }
  }

  /// The elements' bits.
  private func bits(_ data: some Collection<UInt8>) -> [UInt64] {
    let bytes = Array(data)
    return stride(from: 0, to: bytes.count, by: byteCount).map { start in
      (0..<byteCount).reduce(0) { $0 | UInt64(bytes[start + $1]) << UInt64(8 * $1) }
    }
  }

  private func signed(_ bits: UInt64) -> Int64 {
    let free = Int64(64 - 8 * byteCount)
    return (Int64(bitPattern: bits) << free) >> free
  }
}
