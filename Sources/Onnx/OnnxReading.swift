import DataFiles
import PlainText

#if ONNX
  import SwiftProtobuf
#endif

/// Reads a file's bytes, which are believed in nothing.
extension OnnxGraph {
  /// The oldest and the newest version of ONNX's operations that are read.
  static let versions = 13...25
  /// The longest file that is read, in bytes.
  static let longest = 1 << 30

  /// Reads a file.
  ///
  /// - Throws: `DataFileError` where it is missing, no ONNX file, or holds what is not known here.
  package init(reading path: String) throws(DataFileError) {
    let file = try FileBytes(reading: path, limit: Self.longest)
    try self.init(decoding: file.bytes, named: path)
  }

  /// Decodes bytes; external arrays are looked for beside `path`.
  package init(decoding bytes: [UInt8], named path: String) throws(DataFileError) {
    #if ONNX
      let model: StoredModel
      do {
        var options = BinaryDecodingOptions()
        options.discardUnknownFields = true
        model = try StoredModel(serializedBytes: bytes, options: options)
      } catch {
        throw DataFileError(
          path, "is no ONNX file: its bytes are not as protocol buffers are",
          remedy: "write it anew with export")
      }
      try self.init(OnnxReader(path: path), model)
    #else
      throw DataFileError(
        path, "cannot be read: this program was built without ONNX",
        remedy: "build it with the package trait ONNX")
    #endif
  }
}

#if ONNX
  extension OnnxGraph {
    fileprivate init(_ reader: OnnxReader, _ model: StoredModel) throws(DataFileError) {
      guard model.hasGraph else { throw reader.wrong("it has no graph") }
      guard model.functions.isEmpty else {
        throw reader.wrong("it has functions of its own (\(model.functions[0].name.asShown))")
      }
      path = reader.path
      version = try reader.version(model.opsetImport)
      let graph = model.graph
      guard graph.sparseInitializer.isEmpty else { throw reader.wrong("it has sparse constants") }
      var constants: [String: OnnxArray] = [:]
      for array in graph.initializer {
        let content = try reader.array(array, array.name)
        guard constants.updateValue(content, forKey: array.name) == nil else {
          throw reader.wrong("constant \(array.name.asShown) comes twice")
        }
      }
      self.constants = constants
      var inputs: [Input] = []
      for value in graph.input where constants[value.name] == nil {
        inputs.append(try reader.input(value))
      }
      self.inputs = inputs
      var nodes: [Node] = []
      for node in graph.node { nodes.append(try reader.node(node)) }
      self.nodes = nodes
      outputs = graph.output.map(\.name)
      try reader.checkOrder(self)
      noteBatchStatistics()
    }
  }

  /// What reads the parts of a file.
  private struct OnnxReader {
    let path: String

    func wrong(_ what: String) -> DataFileError {
      DataFileError(
        path, what, remedy: "write it anew with export (Launch/igbm_export.py)")
    }

    func version(_ sets: [StoredOperatorSet]) throws(DataFileError) -> Int {
      for set in sets where !["", "ai.onnx", OnnxOperation.ownDomain].contains(set.domain) {
        throw wrong("it asks for operations of \(set.domain.asShown)")
      }
      guard let own = sets.first(where: { ["", "ai.onnx"].contains($0.domain) }),
        let version = Int(exactly: own.version), OnnxGraph.versions.contains(version)
      else {
        throw wrong(
          "its operations are not of versions \(OnnxGraph.versions.lowerBound) to "
            + "\(OnnxGraph.versions.upperBound)")
      }
      return version
    }

    func input(_ value: StoredValueInfo) throws(DataFileError) -> OnnxGraph.Input {
      guard value.hasType, value.type.hasTensorType,
        let kind = Self.kind(Int(value.type.tensorType.elemType))
      else { throw wrong("input \(value.name.asShown) is no tensor of numbers") }
      let type = value.type.tensorType
      guard type.hasShape else { return .init(name: value.name, kind: kind, sizes: nil) }
      var sizes: [Int?] = []
      for size in type.shape.dim {
        guard case .dimValue(let number) = size.value else {
          sizes.append(nil)
          continue
        }
        guard number >= 0 else { throw wrong("input \(value.name.asShown) has a size below 0") }
        sizes.append(Int(number))
      }
      return .init(name: value.name, kind: kind, sizes: sizes)
    }

    /// By the numbers of ONNX's element types.
    static func kind(_ type: Int) -> OnnxGraph.Kind? {
      switch type {
      case 1, 10, 11, 16: .number
      case 2...7, 12, 13: .integer
      case 9: .truth
      default: nil
      }
    }

    func node(_ node: StoredNode) throws(DataFileError) -> OnnxGraph.Node {
      var attributes: [String: OnnxGraph.Attribute] = [:]
      for attribute in node.attribute {
        attributes[attribute.name] = try content(of: attribute, node)
      }
      let source = node.metadataProps.first { $0.key == "source" }?.value
      return OnnxGraph.Node(
        operation: node.opType, domain: node.domain == "ai.onnx" ? "" : node.domain,
        name: node.name, source: source, inputs: node.input, outputs: node.output,
        attributes: attributes)
    }

    private func content(
      of attribute: StoredAttribute, _ node: StoredNode
    ) throws(DataFileError) -> OnnxGraph.Attribute {
      switch attribute.type {
      case 1: return .number(Self.written(attribute.f))
      case 2: return .integer(Int(attribute.i))
      case 3: return .text(String(decoding: attribute.s, as: UTF8.self))
      case 4:
        return .array(try array(attribute.t, "\(node.name): \(attribute.name)"))
      case 5: return .graph
      case 6: return .numbers(attribute.floats.map(Double.init))
      case 7: return .integers(attribute.ints.map { Int($0) })
      case 8: return .texts(attribute.strings.map { String(decoding: $0, as: UTF8.self) })
      default:
        throw wrong(
          "attribute \(attribute.name.asShown) of \(node.name.asShown) is of an unknown type")
      }
    }

    /// The number that was meant: attributes are in single precision, and 0.1 is to be 0.1.
    private static func written(_ value: Float) -> Double { Double("\(value)") ?? Double(value) }

    /// Each value is made once, before it is taken.
    func checkOrder(_ graph: OnnxGraph) throws(DataFileError) {
      var known = Set(graph.constants.keys)
      for input in graph.inputs {
        guard known.insert(input.name).inserted else {
          throw wrong("input \(input.name.asShown) comes twice")
        }
      }
      for node in graph.nodes {
        for name in node.inputs where !name.isEmpty && !known.contains(name) {
          throw wrong(
            "\(node.operation.asShown) \(node.name.asShown) takes \(name.asShown), which nothing before it makes"
          )
        }
        for name in node.outputs where !name.isEmpty {
          guard known.insert(name).inserted else {
            throw wrong("\(name.asShown) is made twice")
          }
        }
      }
      for name in graph.outputs where !known.contains(name) {
        throw wrong("nothing makes its output \(name.asShown)")
      }
    }

    // MARK: Arrays

    func array(_ stored: StoredArray, _ name: String) throws(DataFileError) -> OnnxArray {
      let sizes = stored.dims.map { Int($0) }
      guard let count = Strides.count(sizes, atMost: OnnxGraph.longest) else {
        throw wrong("constant \(name.asShown) of sizes \(sizes) is impossible, or too large")
      }
      let type = ElementType(rawValue: Int(stored.dataType))
      guard let type else {
        throw wrong("constant \(name.asShown) is of type \(stored.dataType), which is not read")
      }
      let elements: OnnxArray.Elements
      if stored.dataLocation == 1 {
        elements = type.elements(try external(stored, name, count * type.byteCount))
      } else if stored.hasRawData {
        elements = type.elements(Array(stored.rawData))
      } else {
        elements = type.elements(listed: stored)
      }
      let array = OnnxArray(sizes, elements)
      guard array.count == count else {
        throw wrong("constant \(name.asShown) of sizes \(sizes) has \(array.count) elements")
      }
      return array
    }

    /// The bytes of an array that are in a file beside this one, and in no other place.
    private func external(
      _ stored: StoredArray, _ name: String, _ count: Int
    ) throws(DataFileError) -> [UInt8] {
      func word(_ key: String) -> String? { stored.externalData.first { $0.key == key }?.value }
      guard let location = word("location"), !location.isEmpty, !location.contains("/"),
        location != "..", location != "."
      else {
        throw wrong("constant \(name.asShown) is in another file that is not beside this one")
      }
      let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
      let bytes = try FileBytes(reading: folder + location, limit: OnnxGraph.longest).bytes
      guard let start = Int(word("offset") ?? "0"), start >= 0, start <= bytes.count,
        bytes.count - start >= count
      else {
        throw wrong("constant \(name.asShown) ends after \(location.asShown), which holds it")
      }
      return Array(bytes[start..<start + count])
    }
  }

  /// Types of elements, by ONNX's numbers.
  private enum ElementType: Int {
    case float = 1, uint8 = 2, int8 = 3, uint16 = 4, int16 = 5, int32 = 6, int64 = 7, bool = 9
    case half = 10, double = 11, uint32 = 12, brain = 16

    var byteCount: Int {
      switch self {
      case .uint8, .int8, .bool: 1
      case .uint16, .int16, .half, .brain: 2
      case .float, .int32, .uint32: 4
      case .int64, .double: 8
      }
    }

    /// The elements of little-endian bytes; too few where these are no whole number of elements.
    func elements(_ bytes: [UInt8]) -> OnnxArray.Elements {
      guard bytes.count % byteCount == 0 else { return .integers([]) }
      let bits = stride(from: 0, to: bytes.count, by: byteCount).map { start in
        (0..<byteCount).reduce(UInt64(0)) { $0 | UInt64(bytes[start + $1]) << UInt64(8 * $1) }
      }
      return elements(bits: bits)
    }

    private func elements(bits: [UInt64]) -> OnnxArray.Elements {
      switch self {
      case .float: .numbers(bits.map { Double(Float(bitPattern: UInt32(truncatingIfNeeded: $0))) })
      case .double: .numbers(bits.map { Double(bitPattern: $0) })
      case .half: .numbers(bits.map { Double(Float16(bitPattern: UInt16(truncatingIfNeeded: $0))) })
      case .brain:
        .numbers(bits.map { Double(Float(bitPattern: UInt32(truncatingIfNeeded: $0) << 16)) })
      case .int8: .integers(bits.map { Int(Int8(truncatingIfNeeded: $0)) })
      case .int16: .integers(bits.map { Int(Int16(truncatingIfNeeded: $0)) })
      case .int32: .integers(bits.map { Int(Int32(truncatingIfNeeded: $0)) })
      case .int64: .integers(bits.map { Int(truncatingIfNeeded: $0) })
      case .uint8, .uint16, .uint32: .integers(bits.map { Int($0) })
      case .bool: .integers(bits.map { $0 == 0 ? 0 : 1 })
      }
    }

    /// The elements of a list of numbers.
    func elements(listed stored: StoredArray) -> OnnxArray.Elements {
      switch self {
      case .float: .numbers(stored.floatData.map(Double.init))
      case .double: .numbers(stored.doubleData)
      case .int64: .integers(stored.int64Data.map { Int($0) })
      case .half, .brain:
        elements(bits: stored.int32Data.map { UInt64(UInt32(bitPattern: $0)) })
      case .uint32: .integers(stored.int32Data.map { Int($0) })
      case .uint8, .int8, .uint16, .int16, .int32, .bool:
        .integers(stored.int32Data.map { Int($0) })
      }
    }
  }
#endif
