/// A benchmark: one whole hypergradient (adapt the lower model, solve, mixed product) a task.
public struct Workload {
  /// The name, as in the README's table.
  public let name: String
  /// Tasks that one run makes.
  public let tasks: Int
  /// Floating-point operations of one task's products and convolutions.
  public let operations: Double
  /// Bytes that one task must read from memory at the least, where its data do not fit a cache.
  public let bytes: Double
  /// Makes the workload ready and gives what one run is; a run returns the sum of its hypergradient.
  public let prepare: () throws -> () throws -> Double

  init(
    _ name: String, tasks: Int = 1, operations: Double, bytes: Double = 0,
    prepare: @escaping () throws -> () throws -> Double
  ) {
    self.name = name
    self.tasks = tasks
    self.operations = operations
    self.bytes = bytes
    self.prepare = prepare
  }

  /// The six workloads. Inputs are random; shapes and step counts are what defines them.
  public static var all: [Workload] {
    [
      fewShot("few-shot-5w1s", FewShotShape(ways: 5, query: 15, lowerSteps: 16)),
      fewShot("few-shot-20w1s", FewShotShape(ways: 20, query: 5, lowerSteps: 25)),
      sinusoid("sinusoid"),
      cleaning("cleaning-linear-ls", hidden: 0, method: .linearSystem),
      cleaning("cleaning-linear-ns", hidden: 0, method: .neumannSeries),
      cleaning("cleaning-mlp-ls", hidden: 300, method: .linearSystem),
    ]
  }
}
