import TestSupport
import Tensors
import Testing

/// Runs a graph with the tensors of the point and of the vector as lists of their own, on every instruction set, and
/// compares them with the reference. Gives the numbers of kernel calls: of the task, the point, the vector.
func compareWithReference(
  _ graph: Graph, inputs: [[Double]], point: [Tensor], vector: [Tensor],
  location: SourceLocation
) throws -> [[Int]] {
  let reference = ReferenceEvaluator(graph, inputs: inputs)
  return try KernelSet.available.map { set in
    let requests = [
      ListRequest("task", .task), ListRequest("point", .point, point),
      ListRequest("vector", .vector, vector),
    ]
    let program = try Program(graph, requests, .double, set)
    for (number, values) in inputs.enumerated() {
      program.input(Tensor(graph, input: number)).set(values)
    }
    for list in requests.indices {
      program.run(list)
    }
    for (list, request) in requests.enumerated() {
      for (index, root) in request.roots.enumerated() {
        let error = norm(zip(program.root(index, of: list).values, reference(root)).map { $0 - $1 })
        #expect(
          error <= 1e-12 * norm(reference(root)), "\(set), \(request.name), root \(index)",
          sourceLocation: location)
      }
    }
    return requests.indices.map(program.instructionCount)
  }
}

/// Value, gradients and Hessian-vector products of an objective of data and parameters, against the reference.
///
/// - Parameters:
///   - data: The data's shapes.
///   - parameters: The parameters'.
///   - numbers: The values of an input (data, parameters, then directions), by its number and their count.
///   - location: Where failures are shown.
///   - objective: Of data and parameters.
/// - Throws: What planning throws.
func compareDerivatives(
  data: [Shape] = [], parameters: [Shape], numbers: (_ input: Int, _ count: Int) -> [Double],
  location: SourceLocation, _ objective: (_ data: [Tensor], _ parameters: [Tensor]) -> Tensor
) throws {
  let graph = Graph()
  let x = data.map { graph.input($0, stage: .task) }
  let w = parameters.map { graph.input($0, stage: .point) }
  let v = parameters.map { graph.input($0, stage: .vector) }
  let value = objective(x, w)
  let gradients = graph.gradients(of: value, withRespectTo: w).compactMap { $0 }
  let products = graph.tangents(of: gradients, along: Array(zip(w, v))).compactMap { $0 }
  try graph.check()
  #expect(gradients.count == w.count, sourceLocation: location)
  let inputs = (data + parameters + parameters).enumerated().map { numbers($0, $1.count) }
  _ = try compareWithReference(
    graph, inputs: inputs, point: [value] + gradients, vector: products, location: location)
}
