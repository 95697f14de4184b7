import Tensors

extension Model {
  /// Computes a formula of the model once, for its value: predictions, features.
  ///
  /// - Parameters:
  ///   - data: The formula's input.
  ///   - values: The parameters to compute with; by default the model's own.
  ///   - precision: The arithmetic.
  ///   - formula: From the model's body and the input to the result.
  /// - Returns: The result.
  /// - Throws: `TensorError` where shapes do not fit or there are not as many values as parameters; what
  ///   `formula` throws.
  public func evaluate(
    _ data: DataArray, at values: [Double]? = nil, precision: Precision = .single,
    _ formula: (Body, Tensor) throws -> Tensor
  ) throws -> DataArray {
    let values = values ?? self.values
    guard values.count == count else {
      throw TensorError(
        .shape, "the model has \(count) parameters, but \(values.count) values were given")
    }
    let graph = Graph()
    let vector = graph.input([count], stage: .point)
    let input = graph.input(data.shape, stage: .task)
    let result = try formula(try body(over: vector, in: graph), input)
    let program = try Program(
      graph, [ListRequest("task", .task), ListRequest("result", .point, [result])], precision,
      try KernelSet.chosen())
    program.input(vector).set(values)
    try program.set(input, data, named: "data")
    program.run(0)
    program.run(1)
    return try DataArray(result.shape, program.root(0, of: 1).values)
  }
}
