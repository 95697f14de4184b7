import MessagePassing
import Problems
import TestSupport
import Testing
import Training

/// Runs that are scored on the way, and end where that gets no better.
@Suite struct HeldOutCourseTests {
  private static let settings = [
    ("steps", "30"), ("tasks", "2"), ("evaluation-tasks", "4"), ("evaluation-every", "2"),
    ("patience", "2"), ("hidden", "4"), ("lower-steps", "4"),
    // Steps so long that scores get worse.
    ("upper-rate", "0.5"),
  ]

  private func train(
    _ settings: [(String, String)], ranks: Int = 1, from state: TensorFile? = nil
  ) throws -> (steps: Int, state: TensorFile, checkpoints: [Int: TensorFile]) {
    try ThreadCommunicator.values(size: ranks) { communicator in
      var checkpoints: [Int: TensorFile] = [:]
      let continuation = Continuation(from: state.map { ($0, "state") }, every: 1) {
        checkpoints[$1] = $0
      }
      let run = try ProblemRun<Sinusoid>(RunRequest(settings.map { (key: $0.0, value: $0.1) }))
      let outcome = try run.train(communicator, continuation) { _, _ in }
      return (
        outcome.steps, outcome.state ?? TensorFile(metadata: [], tensors: []), checkpoints
      )
    }[0]
  }

  @Test func aRunEndsWhereItGetsNoBetter() throws {
    let whole = try train(Self.settings)
    #expect(whole.steps < 30)
    let best = try #require(whole.state["best-step"].flatMap { Int($0) })
    #expect(whole.steps == best + 4, "two scores later")
    // The best parameters are those of their step.
    let then = try #require(whole.checkpoints[best])
    for tensor in whole.state.tensors where tensor.name.hasPrefix("best/") {
      let own = then.tensors.first { $0.name == "upper/" + tensor.name.dropFirst(5) }
      #expect(own?.values == tensor.values)
    }
    #expect(whole.state.tensors.contains { $0.name.hasPrefix("best/") })
  }

  @Test func ranksAndPartsChangeNoBit() throws {
    let whole = try train(Self.settings)
    #expect(try train(Self.settings, ranks: 3).state.encoded() == whole.state.encoded())
    for step in [1, 2, whole.steps - 1, whole.steps] {
      let rest = try train(Self.settings, ranks: 2, from: whole.checkpoints[step])
      #expect(rest.steps == whole.steps)
      #expect(rest.state.encoded() == whole.state.encoded(), "taken up after \(step)")
    }
  }

  @Test(arguments: [
    ("sinusoid", [("patience", "2"), ("evaluation-every", "0")], "nothing is scored"),
    (
      "quadratic", [("evaluation-every", "1"), ("patience", "1"), ("steps", "1")],
      "has no held-out tasks to score"
    ),
  ]) func whatCannotBeScoredIsRefused(
    _ problem: String, _ settings: [(String, String)], _ message: String
  ) throws {
    let error = #expect(throws: (any Error).self) {
      let run = try ProblemCatalogue.builtIn.entry(named: problem).run(
        RunRequest(settings.map { (key: $0.0, value: $0.1) }))
      _ = try run.train(SoloCommunicator(), .none) { _, _ in }
    }
    #expect("\(error!)".contains(message), "\(error!)")
  }
}
