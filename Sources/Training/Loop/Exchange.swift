import MessagePassing

/// What the ranks exchange in an upper step, by itself: for benchmarks.
public struct Exchange {
  private let reduction: StepReduction
  private var parameters: [Double]
  private let communicator: any Communicator

  /// An exchange over so many upper parameters and tasks.
  public init(parameters count: Int, tasks: Int, _ communicator: any Communicator) {
    reduction = StepReduction(parameters: count, tasks: tasks, ranks: communicator.size)
    parameters = [Double](repeating: 1, count: count)
    self.communicator = communicator
  }

  /// Bytes that a rank gives to the sum at the most, and gets from the broadcast.
  public var byteCounts: (sum: Int, broadcast: Int) {
    (reduction.byteCount, MemoryLayout<Double>.stride * parameters.count)
  }

  /// The exact sum over all ranks, of hypergradients whose numbers fit single words, and the broadcast of the parameters.
  /// Collective.
  ///
  /// - Throws: `MessagePassingError` where a call of the library fails.
  public mutating func run() throws {
    reduction.clear()
    // Of zeros nothing would be exchanged.
    if communicator.isRoot { try reduction.add(parameters, task: 0) }
    _ = try reduction.reduce(communicator)
    try communicator.broadcast(&parameters, from: 0)
  }
}
