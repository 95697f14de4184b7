import BilevelOptimization
import DataFiles
import Foundation
import Onnx
import Problems
import Tensors
import Training

/// The tasks in a folder: `0.safetensors`, `1.safetensors` and so on, each with `train/...` and `validate/...`.
struct OnnxTasks {
  let tasks: [TaskExamples]
  let checksum: UInt32
  /// Whether targets are whole numbers.
  let hasClasses: Bool

  /// Reads all of them.
  ///
  /// - Parameters:
  ///   - folder: The folder.
  ///   - lower: The graph that sees what trains.
  ///   - upper: The graph that sees what validates.
  /// - Throws: `StateError` for a file that cannot be read, `DataFileError` for one that lacks what the graphs ask for.
  init(_ folder: String, lower: OnnxFunction, upper: OnnxFunction) throws {
    var (tasks, checksum, hasClasses): ([TaskExamples], UInt32, Bool) = ([], 0, false)
    while true {
      let path = "\(folder)/\(tasks.count).safetensors"
      guard FileManager.default.fileExists(atPath: path) else { break }
      let bytes = try FileBytes(reading: path)
      checksum = checksum &* 31 &+ bytes.checksum
      let file = try TensorFile(decoding: bytes.bytes, named: path)
      let target = file.tensors.first { $0.name == "validate/target" }
      hasClasses = target.map { $0.type == .integer || $0.type == .byte } ?? false
      tasks.append(
        TaskExamples(
          train: try Self.examples("train/", file, path, lower),
          validate: try Self.examples("validate/", file, path, upper)))
    }
    guard !tasks.isEmpty else {
      throw DataFileError(
        "\(folder)/0.safetensors", "is not there", remedy: "export the problem anew",
        isMissing: true)
    }
    (self.tasks, self.checksum, self.hasClasses) = (tasks, checksum, hasClasses)
  }

  private static func examples(
    _ side: String, _ file: TensorFile, _ path: String, _ graph: OnnxFunction
  ) throws -> Examples {
    func array(_ name: String) throws -> DataArray? {
      guard let tensor = file.tensors.first(where: { $0.name == side + name }) else { return nil }
      let order = graph.order(ofInput: name, rank: tensor.shape.count)
      let shape = Shape((order ?? Array(tensor.shape.indices)).map { tensor.shape[$0] })
      if let values = tensor.elements(of: Float.self) {
        return try DataArray(shape, AxisOrder.moved(values, tensor.shape, by: order))
      }
      return try DataArray(shape, AxisOrder.moved(tensor.values, tensor.shape, by: order))
    }
    guard let data = try array(OnnxInputs.data) else {
      throw DataFileError(path, "lacks \(side)data", remedy: "export the problem anew")
    }
    let rows = data.shape.sizes.first
    let extras = try file.tensors.compactMap { tensor -> Examples.Extra? in
      guard tensor.name.hasPrefix(side + OnnxInputs.extra) else { return nil }
      let name = String(tensor.name.dropFirst(side.count))
      guard let values = try array(name) else { return nil }
      return .init(name, values, byRow: rows != nil && values.shape.sizes.first == rows)
    }
    return Examples(
      data: data, target: try array(OnnxInputs.target) ?? .empty, extras: extras)
  }
}

/// What the graphs call their inputs.
enum OnnxInputs {
  static let (data, target, extra) = ("data", "target", "extra/")
  static let (upper, lower) = ("upper/", "lower/")

  /// The inputs of a graph that predicts: data and the lower module, and nothing of the upper one.
  static func given(
    _ graph: OnnxFunction, _ data: Tensor, _ body: OnnxBody
  ) -> [(name: String, tensor: Tensor, order: [Int])] {
    graph.inputs.flatMap { name -> [(name: String, tensor: Tensor, order: [Int])] in
      if name == self.data {
        let order = graph.order(ofInput: name, rank: data.shape.rank)
        return [(name, data, order ?? Array(0..<data.shape.rank))]
      }
      return body.parameters.filter { lower + $0.name == name }.map { (name, $0.tensor, $0.order) }
    }
  }

  /// The inputs that a graph asks for, of a state.
  static func given(
    _ graph: OnnxFunction, _ state: ObjectiveState<OnnxBody, OnnxBody>
  ) -> [(name: String, tensor: Tensor, order: [Int])] {
    graph.inputs.flatMap { name -> [(name: String, tensor: Tensor, order: [Int])] in
      for (prefix, body) in [(upper, state.upperModel), (lower, state.lowerModel)]
      where name.hasPrefix(prefix) {
        return body.parameters.filter { prefix + $0.name == name }.map {
          (name, $0.tensor, $0.order)
        }
      }
      let tensor =
        switch name {
        case data: state.data
        case target: state.target
        default: state[name]
        }
      let order = graph.order(ofInput: name, rank: tensor.shape.rank)
      return [(name, tensor, order ?? Array(0..<tensor.shape.rank))]
    }
  }
}
