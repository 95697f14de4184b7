import DataFiles
import Models
import Onnx
import Problems
import Tensors
import Training

/// A module's parameters and buffers as its file has them, and how the engine holds them.
struct ModuleFile {
  /// A parameter of the graphs.
  struct Entry {
    let name: String
    let shape: [Int]
    /// The axis of the module's array that each axis here is: filters have their windows first.
    let order: [Int]
    let values: [Double]
  }

  let path: String
  let parameters: [Entry]
  private let file: TensorFile

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - path: The safetensors file.
  ///   - prefix: What the graphs' names of its parameters start with.
  ///   - graphs: What asks for them, and says how it would have them.
  ///   - orders: How they are held, one after another, in place of what the graphs would have.
  /// - Throws: `StateError` where it cannot be read, `DataFileError` where it lacks what the graphs ask for.
  init(
    _ path: String, prefix: String, _ graphs: [OnnxFunction], orders: [[Int]]? = nil
  ) throws {
    self.path = path
    file = try TensorFile.read(path)
    var names: [String] = []
    for name in graphs.flatMap(\.inputs) where name.hasPrefix(prefix) && !names.contains(name) {
      names.append(name)
    }
    let tensors = Dictionary(
      file.tensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    parameters = try names.enumerated().map { index, full in
      let name = String(full.dropFirst(prefix.count))
      guard let tensor = tensors[name] else {
        throw DataFileError(
          path, "lacks \(name), which the graphs ask for", remedy: "export the problem anew")
      }
      let plain = Array(tensor.shape.indices)
      let given = orders.flatMap { index < $0.count ? $0[index] : nil }
      let order =
        given.flatMap { $0.sorted() == plain ? $0 : nil }
        ?? graphs.lazy.compactMap { $0.order(ofInput: full, rank: plain.count) }.first
      return Entry(
        name: name, shape: tensor.shape, order: order ?? plain,
        values: AxisOrder.moved(tensor.values, tensor.shape, by: order))
    }
  }

  /// The model of these parameters, with their values.
  func model() throws -> Model<OnnxBody> {
    let entries = parameters
    let model = try Model { p in
      OnnxBody(
        entries.map { entry in
          (entry.name, p(entry.name, Shape(entry.order.map { entry.shape[$0] })), entry.order)
        })
    }
    model.values = entries.flatMap(\.values)
    return model
  }

  /// The file again, with other values of the parameters.
  func results(_ values: [Double], as name: String) -> ResultArrays {
    var (own, place): ([String: [Double]], Int) = ([:], 0)
    for entry in parameters {
      let next = place + entry.values.count
      own[entry.name] = AxisOrder.restored(
        Array(values[place..<next]), entry.shape, from: entry.order)
      place = next
    }
    return ResultArrays(
      name,
      file.tensors.map { tensor in
        let type: ResultArrays.ElementType =
          switch tensor.type {
          case .double: .double
          case .float: .single
          default: .whole
          }
        // A parameter of two names is in the graphs by the first.
        let values = own[tensor.name] ?? file[tensor.name].flatMap { own[$0] }
        return .init(tensor.name, tensor.shape, values ?? tensor.values, type)
      })
  }
}

/// A module in a trace: its parameters by their names.
public struct OnnxBody {
  let parameters: [(name: String, tensor: Tensor, order: [Int])]

  init(_ parameters: [(name: String, tensor: Tensor, order: [Int])]) {
    self.parameters = parameters
  }
}

/// Arrays whose axes are moved.
enum AxisOrder {
  /// The elements with axis k of the result being axis `order[k]`.
  static func moved<Value>(_ values: [Value], _ shape: [Int], by order: [Int]?) -> [Value] {
    guard let order, order != Array(shape.indices) else { return values }
    return places(shape, order).map { values[$0] }
  }

  /// The reverse of ``moved(_:_:by:)``.
  static func restored<Value>(_ values: [Value], _ shape: [Int], from order: [Int]) -> [Value] {
    guard order != Array(shape.indices) else { return values }
    var result = values
    for (index, place) in places(shape, order).enumerated() { result[place] = values[index] }
    return result
  }

  /// Where the elements of the moved array are in that of a shape.
  private static func places(_ shape: [Int], _ order: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() {
      strides[axis] = strides[axis + 1] * shape[axis + 1]
    }
    return order.reduce([0]) { places, axis in
      places.flatMap { place in (0..<shape[axis]).map { place + $0 * strides[axis] } }
    }
  }
}
