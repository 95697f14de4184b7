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
  /// Tensors that were in the file it was read from, and whose types are unknown here.
  public internal(set) var unread: [Unread] = []

  /// A tensor of a type that is unknown here.
  public struct Unread: Sendable, Equatable {
    /// The name.
    public let name: String
    /// What the file calls its type.
    public let type: String
  }

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

  /// The tensor of a name.
  ///
  /// - Parameters:
  ///   - name: The name, by its code points.
  ///   - path: What errors call the file.
  /// - Returns: The tensor, or nil where there is none.
  /// - Throws: ``StateError`` for a tensor of a type that is unknown here.
  func tensor(_ name: String, at path: String) throws(StateError) -> NamedTensor? {
    if let other = unread.first(where: { $0.name.utf8.elementsEqual(name.utf8) }) {
      throw StateError(
        .malformed, path,
        "tensor \(name.asShown) is of type \(other.type.asShown), which cannot be read; store it as F32",
        tensor: name.asShown)
    }
    return tensors.first { $0.name.utf8.elementsEqual(name.utf8) }
  }

  /// The bytes of the file. Names of tensors and keys of the metadata must each differ, and no tensor may be called
  /// `__metadata__`: no reader would take such a file.
  public func encoded() -> [UInt8] {
    checkNames()
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
    bytes.reserveCapacity(bytes.count + offset)
    for tensor in tensors { bytes += tensor.data }
    return bytes
  }

  /// By their code points: names that Unicode calls equivalent are two.
  private func checkNames() {
    var names: Set = [Array("__metadata__".utf8)]
    for tensor in tensors {
      precondition(
        names.insert(Array(tensor.name.utf8)).inserted, "two tensors are called \(tensor.name)")
    }
    var keys: Set<[UInt8]> = []
    for word in metadata {
      precondition(keys.insert(Array(word.key.utf8)).inserted, "metadata has \(word.key) twice")
    }
  }

  /// A JSON string.
  static func quoted(_ text: String) -> String {
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
