import DataFiles
import PlainText
import Tensors

extension OnnxGraph {
  /// The graph's outputs as tensors of a trace. Every size is known in a trace, and so shapes, and what is made of them,
  /// are constants that are worked out here.
  ///
  /// - Parameter given: Its inputs by name.
  /// - Returns: Its outputs, in order.
  /// - Throws: `DataFileError` for an operation that is unknown, or inputs that do not fit.
  func outputs(of given: [String: Traced]) throws -> [OnnxValue] {
    guard let anchor = try anchor(given) else { return try outputs.map(constant) }
    var values: [String: OnnxValue] = [:]
    for (name, array) in constants { values[name] = .known(array) }
    for input in inputs { values[input.name] = .traced(try traced(input, given)) }
    for node in nodes {
      let call = OnnxCall(
        node: node, path: path, version: version,
        inputs: node.inputs.map { $0.isEmpty ? nil : values[$0] }, anchor: anchor)
      let results = try self.results(of: call)
      for (name, value) in zip(node.outputs, results) where !name.isEmpty { values[name] = value }
    }
    return try outputs.map { name in
      guard let value = values[name] else { throw misses(name) }
      return value
    }
  }

  private func results(of call: OnnxCall) throws -> [OnnxValue] {
    let node = call.node
    guard let operation = OnnxOperation.byName[node.operation],
      node.domain == (operation.isOwn ? OnnxOperation.ownDomain : "")
    else {
      throw call.wrong(
        "the operation is not known here",
        remedy: "write the objective with others; the article FromPyTorch lists those that are")
    }
    let results = try operation.translate(call)
    do throws(TensorError) {
      try call.anchor.checkTrace()
    } catch {
      throw call.wrong(error.message)
    }
    let wanted = node.outputs.lastIndex { !$0.isEmpty }.map { $0 + 1 } ?? 0
    guard wanted <= results.count else {
      throw call.wrong("its output \(results.count) is asked for, which is not made here")
    }
    for case .traced(let traced) in results where traced.tensor.shape.count > 1 << 40 {
      throw call.wrong(
        "its result of shape \(traced.sizes) is too large", remedy: "make it smaller")
    }
    return results
  }

  private func anchor(_ given: [String: Traced]) throws(DataFileError) -> Tensor? {
    for input in inputs {
      if let traced = given[input.name] { return traced.tensor }
    }
    return nil
  }

  private func traced(
    _ input: Input, _ given: [String: Traced]
  ) throws(DataFileError) -> Traced {
    guard let traced = given[input.name] else {
      throw DataFileError(
        path, "input \(input.name.asShown) is not given", remedy: "give a tensor of that name")
    }
    if let sizes = input.sizes {
      let own = traced.sizes
      guard own.count == sizes.count, zip(own, sizes).allSatisfy({ $1 == nil || $0 == $1 }) else {
        let asked = sizes.map { $0.map(String.init) ?? "any" }.joined(separator: ", ")
        throw DataFileError(
          path, "input \(input.name.asShown) is of shape \(own), and the graph is for [\(asked)]",
          remedy: "give data of that shape, or export with such data")
      }
    }
    return Traced(traced.tensor, order: traced.order, input.kind)
  }

  private func constant(_ name: String) throws(DataFileError) -> OnnxValue {
    guard let array = constants[name] else { throw misses(name) }
    return .known(array)
  }

  private func misses(_ name: String) -> DataFileError {
    DataFileError(
      path, "its output \(name.asShown) depends on nothing that is given",
      remedy: "write it anew with export")
  }
}

extension OnnxOperation {
  var isOwn: Bool { name == "StopGradient" }
}
