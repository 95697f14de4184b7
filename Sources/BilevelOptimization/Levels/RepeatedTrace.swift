import Tensors

/// An objective's trace that is compared with other runs of the objective: at once with a second one, and at the second,
/// fourth, eighth ... use of its plan with another. An objective that draws random numbers, or reads a variable that
/// changes, would stay what it was at its first run without a word.
final class RepeatedTrace {
  let trace: Trace
  private let run: () throws -> Trace
  private var uses = 0

  /// Runs an objective twice.
  ///
  /// - Throws: What `run` throws; `TensorError` of code `objective` where the two runs differ.
  init(_ run: @escaping () throws -> Trace) throws {
    trace = try run()
    self.run = run
    try compare()
  }

  /// Counts a use, and compares at some.
  ///
  /// - Throws: As ``init(_:)``.
  func use() throws {
    uses += 1
    if uses > 1, uses.nonzeroBitCount == 1 { try compare() }
  }

  private func compare() throws {
    let other = try run()
    guard
      let difference = trace.graph.difference(at: trace.value, from: other.graph, at: other.value)
    else { return }
    throw TensorError(
      .objective,
      "the \(trace.name) is another formula when it runs again: \(difference); an objective runs "
        + "once for many steps: draw random numbers where the task's examples are made, and pass "
        + "what changes as an extra array of the examples or an upper parameter")
  }
}
