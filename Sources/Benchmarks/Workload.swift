import BilevelOptimization

/// A benchmark: one whole hypergradient (adapt the lower model, solve, mixed product) a task.
public struct Workload {
  /// The name, as in the table of the article on speed.
  public let name: String
  /// Tasks that one run makes.
  public let tasks: Int
  /// Floating-point operations of one task's products and convolutions, counted as by their formulas.
  public let operations: Double
  /// The operations that are left where 3x3 convolutions are computed in transformed space, large products by
  /// Strassen's algorithm and softmax classifiers without their last class: what the machine has to do at the least.
  public let leastOperations: Double
  /// Bytes that one task must read from memory at the least, where its data do not fit a cache.
  public let bytes: Double
  /// Makes the workload ready.
  public let prepare: () throws -> Prepared

  /// A workload that is ready to be timed.
  public struct Prepared {
    /// One run of all tasks; returns the sum of its hypergradients.
    public let run: () throws -> Double
    /// Upper parameters: what ranks exchange.
    public let parameters: Int
    /// One gradient of the lower objective.
    public let gradient: () -> Void
    /// One Hessian-vector product of the lower objective.
    public let product: () -> Void

    init<Upper, Lower>(
      _ implicit: Implicit<Upper, Lower>, _ train: Examples, from start: [Double],
      run: @escaping () throws -> Double
    ) throws {
      self.run = run
      parameters = implicit.upperModel.count
      (gradient, product) = try implicit.lowerCalls(train: train, at: start)
    }
  }

  init(
    _ name: String, tasks: Int = 1, operations: Double, leastOperations: Double? = nil,
    bytes: Double = 0, prepare: @escaping () throws -> Prepared
  ) {
    self.name = name
    self.tasks = tasks
    self.operations = operations
    self.leastOperations = leastOperations ?? operations
    self.bytes = bytes
    self.prepare = prepare
  }

  /// A run of one hypergradient: the lower model adapted from a start, the solve, the mixed product.
  static func hypergradient<Upper, Lower>(
    _ implicit: Implicit<Upper, Lower>, _ train: Examples, _ validate: Examples,
    from start: [Double], _ optimizer: some LowerOptimizer
  ) throws -> Prepared {
    try Prepared(implicit, train, from: start) {
      let task = try implicit.adaptAndSolve(
        train: train, validate: validate, from: start, optimizer)
      return task.hypergradient.reduce(0, +)
    }
  }

  /// All workloads. Inputs are random; shapes and step counts are what defines them.
  public static var all: [Workload] {
    [
      fewShot("few-shot-5w1s", FewShotShape(ways: 5, query: 15, lowerSteps: 16)),
      fewShot("few-shot-20w1s", FewShotShape(ways: 20, query: 5, lowerSteps: 25)),
      sinusoid("sinusoid"),
      cleaning("cleaning-linear-ls", hidden: 0, method: .linearSystem),
      cleaning("cleaning-linear-ns", hidden: 0, method: .neumannSeries),
      cleaning("cleaning-mlp-ls", hidden: 300, method: .linearSystem),
      image, resNet12, leNetCleaning, lstm, transformer, newsgroups, minibatch,
    ]
  }
}
