/// Batch norms by the batch's own statistics. PyTorch writes them as a mean, a mean of squared deviations, and a batch norm by
/// these; the engine is faster where it knows what they are.
struct BatchStatistics {
  private let producers: [String: OnnxGraph.Node]
  private let constants: [String: OnnxArray]

  init(_ graph: OnnxGraph) {
    constants = graph.constants
    var producers: [String: OnnxGraph.Node] = [:]
    for node in graph.nodes {
      for name in node.outputs { producers[name] = node }
    }
    self.producers = producers
  }

  /// The node, in training mode where its statistics are those of its input.
  func recognised(_ node: OnnxGraph.Node) -> OnnxGraph.Node {
    guard node.operation == "BatchNormalization", node.domain.isEmpty, node.inputs.count == 5,
      node.attributes["training_mode"] == nil
    else { return node }
    let (x, mean, variance) = (node.inputs[0], node.inputs[3], node.inputs[4])
    guard let axes = axes(ofMean: mean, of: x), axes.first == 0,
      axes == [0] + Array(2..<axes.count + 1),
      let squares = producer("ReduceMean", of: variance), self.axes(of: squares) == axes,
      let square = squares.inputs.first.flatMap({ producer("Mul", of: $0) }),
      square.inputs[0] == square.inputs[1],
      let deviation = producer("Sub", of: square.inputs[0]), deviation.inputs[0] == x,
      self.axes(ofMean: deviation.inputs[1], of: x) == axes
    else { return node }
    var attributes = node.attributes
    attributes["training_mode"] = .integer(1)
    return OnnxGraph.Node(
      operation: node.operation, domain: node.domain, name: node.name, source: node.source,
      inputs: node.inputs, outputs: node.outputs, attributes: attributes)
  }

  private func producer(_ operation: String, of name: String) -> OnnxGraph.Node? {
    guard let node = producers[name], node.operation == operation, node.domain.isEmpty,
      node.inputs.count == (operation == "ReduceMean" ? node.inputs.count : 2)
    else { return nil }
    return node
  }

  private func axes(ofMean name: String, of x: String) -> [Int]? {
    guard let mean = producer("ReduceMean", of: name), mean.inputs.first == x else { return nil }
    return axes(of: mean)
  }

  private func axes(of mean: OnnxGraph.Node) -> [Int]? {
    if mean.inputs.count > 1 { return constants[mean.inputs[1]]?.integers?.sorted() }
    if case .integers(let axes) = mean.attributes["axes"] { return axes.sorted() }
    return nil
  }
}
