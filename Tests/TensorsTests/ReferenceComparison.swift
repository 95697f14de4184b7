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
