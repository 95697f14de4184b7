import Models
import Tensors

/// Where adaptation starts, as a function of the upper parameters and of the lower model's own values, with the derivative
/// by the former.
package final class StartProgram {
  private static let name = "lower start"
  private let repeated: RepeatedTrace
  private let program: Program
  private let cotangent: Tensor
  private var trace: Trace { repeated.trace }

  init<Upper, Lower>(
    _ start: @escaping Objective<Upper, Lower>, _ upperModel: Model<Upper>,
    _ lowerModel: Model<Lower>, _ precision: Precision, _ kernels: KernelSet
  ) throws {
    let form = Examples(data: .empty, target: .empty).form
    repeated = try RepeatedTrace {
      try Trace(Self.name, start, upperModel, lowerModel, form, gives: .lowerVector)
    }
    let (trace, graph) = (repeated.trace, repeated.trace.graph)
    cotangent = graph.input(trace.lower.shape, stage: .vector)
    let value = trace.value.reshaped(trace.lower.shape)
    let pulled = graph.cotangents(of: [trace.upper], seeds: [(value, cotangent)])[0]
    program = try Program(
      graph,
      [
        ListRequest("task", .task), ListRequest("start", .point, [value]),
        ListRequest("linearisation", .point),
        ListRequest(
          "upper", .vector, [pulled ?? trace.upper.filled(0, trace.upper.shape)]),
      ], precision, kernels, for: Self.name)
  }

  /// Sets the upper parameters and the lower model's own.
  func load(_ upper: [Double], _ lower: [Double]) throws {
    try repeated.use()
    program.input(trace.upper).set(upper)
    program.input(trace.lower).set(lower)
    program.run(0)
    program.run(1)
  }

  /// The start.
  package var values: [Double] { program.root(0, of: 1).values }

  /// What the upper parameters receive when the start receives a cotangent; valid until the next call.
  func pullBack(_ cotangent: Elements) -> Elements {
    program.run(2)
    program.input(self.cotangent).copy(from: cotangent)
    program.run(3)
    return program.root(0, of: 3)
  }
}
