import Foundation

/// A safetensors file in memory: named tensors and words about them, in a fixed order, so that equal content gives
/// equal bytes.
///
/// The format: the header's length as 8 bytes, little-endian; a JSON header
/// with each tensor's type, shape and range of bytes, and `__metadata__` of strings only, padded with spaces to a
/// multiple of 8; then the tensors' bytes without gaps.
public struct TensorFile: Sendable, Equatable {
  /// Words about the content, in order.
  public var metadata: [Word]
  /// The tensors, in order.
  public var tensors: [NamedTensor]

  /// A key and a value of the metadata.
  public struct Word: Sendable, Equatable {
    /// The key, unique in its file.
    public let key: String
    /// The value.
    public let value: String

    /// A key and a value.
    public init(_ key: String, _ value: String) {
      self.key = key
      self.value = value
    }
  }

  /// A file's content.
  public init(metadata: [Word], tensors: [NamedTensor]) {
    self.metadata = metadata
    self.tensors = tensors
  }

  /// The value of a metadata key.
  public subscript(key: String) -> String? { metadata.first { $0.key == key }?.value }

  /// The bytes of the file.
  public func encoded() -> [UInt8] {
    var entries: [String] = []
    if !metadata.isEmpty {
      let words = metadata.map { "\(Self.quoted($0.key)):\(Self.quoted($0.value))" }
      entries.append("\"__metadata__\":{\(words.joined(separator: ","))}")
    }
    var offset = 0
    for tensor in tensors {
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      let end = offset + tensor.data.count
      entries.append(
        "\(Self.quoted(tensor.name)):{\"dtype\":\"\(tensor.type.rawValue)\",\"shape\":[\(shape)],"
          + "\"data_offsets\":[\(offset),\(end)]}")
      offset = end
    }
    var header = Array("{\(entries.joined(separator: ","))}".utf8)
    while header.count % 8 != 0 { header.append(UInt8(ascii: " ")) }
    var bytes = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) }
    bytes += header
    for tensor in tensors { bytes += tensor.data }
    return bytes
  }

  /// A JSON string.
  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case _ where scalar.value < 0x20: result += String(format: "\\u%04x", scalar.value)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

/// A tensor of a file.
public struct NamedTensor: Sendable, Equatable {
  /// Element types.
  public enum ElementType: String, Sendable, CaseIterable {
    /// 32-bit floating point.
    case float = "F32"
    /// 64-bit floating point.
    case double = "F64"
    /// 64-bit whole numbers.
    case integer = "I64"
    /// Bytes.
    case byte = "U8"

    /// Bytes of an element.
    public var byteCount: Int {
      switch self {
      case .float: 4
      case .double, .integer: 8
      case .byte: 1
      }
    }
  }

  /// The name, unique in its file.
  public let name: String
  /// The type of its elements.
  public let type: ElementType
  /// The size of each axis.
  public let shape: [Int]
  /// Its elements, little-endian, the last axis running fastest.
  public let data: [UInt8]

  init(name: String, type: ElementType, shape: [Int], data: [UInt8]) {
    self.name = name
    self.type = type
    self.shape = shape
    self.data = data
  }

  /// A tensor of doubles, as many as the shape has elements.
  public init(_ name: String, shape: [Int], _ values: [Double]) {
    precondition(shape.reduce(1, *) == values.count, "\(name): \(values.count) values for \(shape)")
    self.init(
      name: name, type: .double, shape: shape,
      data: values.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) })
  }

  /// The elements as doubles; whole numbers beyond 2^53 are rounded.
  public var values: [Double] {
    let size = type.byteCount
    return stride(from: 0, to: data.count, by: size).map { start in
      let bits = (0..<size).reduce(UInt64(0)) { $0 | UInt64(data[start + $1]) << (8 * UInt64($1)) }
      switch type {
      case .float: return Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
      case .double: return Double(bitPattern: bits)
      case .integer: return Double(Int64(bitPattern: bits))
      case .byte: return Double(bits)
      }
    }
  }
}
