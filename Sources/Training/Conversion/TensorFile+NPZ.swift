import DataFiles
import Foundation
import PlainText

extension TensorFile {
  /// The array of an .npz file that holds the words about its content: JSON as bytes, a list of keys and values.
  private static let metadataName = "__metadata__"

  /// Reads tensors from a file of either format, which its name tells: `.npz`, otherwise safetensors.
  ///
  /// - Throws: ``StateError`` or `DataFileError` for a file that is missing or is not what its name says.
  package static func readAny(_ path: String) throws -> TensorFile {
    try path.lowercased().hasSuffix(".npz")
      ? TensorFile(npz: DurableFile.read(path), named: path) : read(path)
  }

  /// The content of an .npz archive of NumPy. Whole numbers of other types become I64.
  ///
  /// - Throws: `DataFileError`.
  package init(npz bytes: [UInt8], named path: String) throws(DataFileError) {
    let suffix = ".npy"
    self.init(metadata: [], tensors: [])
    for member in try ZipArchive(decoding: bytes, named: path).members {
      guard member.name.hasSuffix(suffix) else {
        throw DataFileError(
          path, "holds \(member.name.asShown), which is no .npy array",
          remedy: "give an archive saved by numpy.savez")
      }
      let name = String(member.name.dropLast(suffix.count))
      let array = try NPY.decodeRaw(FileBytes("\(path): \(name.asShown)", member.bytes))
      if name == Self.metadataName {
        metadata = try Self.words(array, path)
      } else {
        tensors.append(NamedTensor(name, array))
      }
    }
  }

  /// The bytes of an .npz archive with this content.
  ///
  /// - Throws: `DataFileError` for more than the format holds.
  package func npz(named path: String) throws(DataFileError) -> [UInt8] {
    var members = tensors.map { tensor in
      ZipArchive.Member("\(tensor.name).npy", tensor.raw.encoded)
    }
    if !metadata.isEmpty {
      let text = (try? JSONEncoder().encode(metadata.map { [$0.key, $0.value] })) ?? Data()
      let array = RawArray(type: "u1", shape: [text.count], bytes: Array(text))
      members.append(ZipArchive.Member("\(Self.metadataName).npy", array.encoded))
    }
    return try ZipArchive(members).encoded(named: path)
  }

  private static func words(_ array: RawArray, _ path: String) throws(DataFileError) -> [Word] {
    let pairs = try? JSONDecoder().decode([[String]].self, from: Data(array.bytes))
    guard array.type == "u1", let pairs, pairs.allSatisfy({ $0.count == 2 }),
      Set(pairs.map { Array($0[0].utf8) }).count == pairs.count
    else {
      throw DataFileError(
        path, "\(metadataName) is no JSON list of keys and values as this program writes it",
        remedy: "leave it out")
    }
    return pairs.map { Word($0[0], $0[1]) }
  }
}

extension NamedTensor {
  fileprivate init(_ name: String, _ array: RawArray) {
    switch array.type {
    case "f4": self.init(name: name, type: .float, shape: array.shape, data: array.bytes)
    case "f8": self.init(name: name, type: .double, shape: array.shape, data: array.bytes)
    case "i8": self.init(name: name, type: .integer, shape: array.shape, data: array.bytes)
    case "u1", "b1": self.init(name: name, type: .byte, shape: array.shape, data: array.bytes)
    case let type:
      // Such as i2, which is I16 there.
      let bits = 8 * (Int(type.dropFirst()) ?? 0)
      guard let widened = WidenedType(rawValue: "\(type.prefix(1).uppercased())\(bits)") else {
        fatalError("the reader of .npy files gave an array of type \(type)")
      }
      self = widened.tensor(name, shape: array.shape, array.bytes)
    }
  }

  fileprivate var raw: RawArray {
    let type =
      switch type {
      case .float: "f4"
      case .double: "f8"
      case .integer: "i8"
      case .byte: "u1"
      }
    return RawArray(type: type, shape: shape, bytes: data)
  }
}
