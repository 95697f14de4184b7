import Tensors

/// A formula over a model's body and data, computed for its value: predictions, features. Planned once for each
/// shape of data, so that many sets of parameters and data cost little (of many shapes, the plans used least recently are
/// given back where they take more than 256 MiB). Used by one thread at a time.
public final class Predictor<Body> {
  private struct Plan {
    let program: Program
    let vector: Tensor
    let input: Tensor
    let result: Tensor
  }

  private let model: Model<Body>
  private let precision: Precision
  private let kernels: KernelSet
  private let formula: (Body, Tensor) throws -> Tensor
  private var plans = PlanCache<Shape, Plan> { $0.program.byteCount }

  /// Prepares predictions; the formula runs when data of a new shape come, twice, and must be the same.
  ///
  /// - Parameters:
  ///   - model: The model; its own values are not used.
  ///   - precision: The arithmetic.
  ///   - formula: From the model's body and the data to the result.
  /// - Throws: `TensorError` for kernels that are not there.
  public init(
    _ model: Model<Body>, precision: Precision = .single,
    _ formula: @escaping (Body, Tensor) throws -> Tensor
  ) throws {
    self.model = model
    self.precision = precision
    self.formula = formula
    kernels = try KernelSet.chosen()
  }

  /// Computes the formula.
  ///
  /// - Parameters:
  ///   - data: The formula's input, of any shape that the formula takes.
  ///   - values: The parameters, as many as the model has.
  /// - Returns: The result, in the formula's shape.
  /// - Throws: `TensorError` where shapes do not fit, a label or row number in the data is out of range, or there are
  ///   not as many values as parameters; what the formula and the model's builder throw.
  public func callAsFunction(_ data: DataArray, at values: [Double]) throws -> DataArray {
    guard values.count == model.count else {
      throw TensorError(
        .shape, "the model has \(model.count) parameters, but \(values.count) values were given")
    }
    let plan = try plan(data.shape)
    plan.program.input(plan.vector).set(values)
    try plan.program.set(plan.input, data, named: "data")
    plan.program.run(0)
    plan.program.run(1)
    return try DataArray(plan.result.shape, plan.program.root(0, of: 1).values)
  }

  private func plan(_ shape: Shape) throws -> Plan {
    try plans.plan(shape) { try made(shape) }
  }

  private func made(_ shape: Shape) throws -> Plan {
    let trace = try traced(shape), other = try traced(shape)
    if let difference = trace.graph.difference(
      at: trace.result, from: other.graph, at: other.result)
    {
      throw TensorError(
        .objective,
        "the formula is another one when it runs again: \(difference); make its result from the "
          + "body, the data and numbers that do not change")
    }
    let (graph, vector, input, result) = trace
    let program = try Program(
      graph, [ListRequest("task", .task), ListRequest("result", .point, [result])], precision,
      kernels)
    return Plan(program: program, vector: vector, input: input, result: result)
  }

  private func traced(
    _ shape: Shape
  ) throws -> (graph: Graph, vector: Tensor, input: Tensor, result: Tensor) {
    let graph = Graph()
    let vector = graph.input([model.count], stage: .point)
    let input = graph.data(shape)
    let result = try formula(try model.body(over: vector, in: graph), input)
    try graph.check()
    guard result.belongs(to: graph) else {
      throw TensorError(
        .objective,
        "the formula's result is a tensor of another trace; make it from the body and data that it is given"
      )
    }
    return (graph, vector, input, result)
  }
}
