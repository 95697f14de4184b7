import DataFiles
import Tensors

/// A function of tensors that an ONNX file holds, for use in objectives: it is differentiated as whatever is written in
/// Swift.
///
///     let features = try OnnxFunction("features.onnx")
///     ... try features(["x": state.data])[0] ...
public struct OnnxFunction: Sendable {
  let graph: OnnxGraph

  package init(_ graph: OnnxGraph) { self.graph = graph }

  /// Reads a file.
  ///
  /// - Parameter path: An ONNX file of operations that are in the table of <doc:FromPyTorch>.
  /// - Throws: `DataFileError` where it is missing, or no such file.
  public init(_ path: String) throws(DataFileError) {
    graph = try OnnxGraph(reading: path)
  }

  /// The names of its inputs, in order.
  public var inputs: [String] { graph.inputs.map(\.name) }

  /// What it computes, as tensors of the inputs' trace.
  ///
  /// - Parameter inputs: A tensor for each input, in the shapes that the file has; images are `[n, channels, height,
  ///   width]`.
  /// - Returns: The outputs, in order.
  /// - Throws: `DataFileError` for an operation that is unknown, or inputs that are missing or do not fit.
  public func callAsFunction(_ inputs: [String: Tensor]) throws -> [Tensor] {
    try outputs(of: inputs.mapValues { Traced($0) })
  }

  /// The same of inputs whose tensors have their axes in other orders.
  package func callAsFunction(
    _ inputs: [(name: String, tensor: Tensor, order: [Int])]
  ) throws -> [Tensor] {
    try outputs(
      of: Dictionary(
        inputs.map { ($0.name, Traced($0.tensor, order: $0.order)) },
        uniquingKeysWith: { first, _ in first }))
  }

  private func outputs(of given: [String: Traced]) throws -> [Tensor] {
    let anchor = graph.inputs.lazy.compactMap { given[$0.name]?.tensor }.first
    return try graph.outputs(of: given).map { value in
      switch value {
      case .traced(let traced): return traced.plain
      case .known(let array):
        guard let anchor else {
          throw DataFileError(
            graph.path, "it takes nothing and gives constants", remedy: "give it inputs")
        }
        return anchor.constant(array.numbers, Shape(array.sizes))
      }
    }
  }
}

extension OnnxFunction {
  /// The file.
  package var path: String { graph.path }

  /// The order of axes in which an input costs nothing on its way into the graph: images with their channels last, filters
  /// with their windows first. Nil where it is that of the graph.
  package func order(ofInput name: String, rank: Int) -> [Int]? {
    guard rank == 4 || rank == 2 else { return nil }
    for node in graph.nodes where node.domain.isEmpty {
      if rank == 4, ["Conv", "ConvTranspose"].contains(node.operation) {
        if node.inputs.first == name { return [0, 2, 3, 1] }
        if node.inputs.dropFirst().first == name { return [2, 3, 1, 0] }
      }
    }
    return nil
  }
}
