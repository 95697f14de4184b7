import MessagePassing
import Problems
import TestProblems
import TestSupport
import Testing
import Training

/// A problem with dropout and batch norm: the same bits on any number of ranks, and when it is taken up again; scores by
/// stored statistics.
@Suite struct NormedTests {
  private static func run(_ settings: [(String, String)]) throws -> any Run {
    try ProblemCatalogue([Normed.self]).entry(named: "normed")
      .run(RunRequest(settings.map { (key: $0.0, value: $0.1) }))
  }

  private static func train(
    _ settings: [(String, String)], ranks: Int, from state: TensorFile? = nil
  ) throws -> (end: [UInt8], checkpoints: [Int: TensorFile]) {
    try ThreadCommunicator.values(size: ranks) { communicator in
      var checkpoints: [Int: TensorFile] = [:]
      let continuation = Continuation(from: state.map { ($0, "state") }, every: 1) {
        checkpoints[$1] = $0
      }
      let outcome = try run(settings).train(communicator, continuation) { _, _ in }
      return (outcome.state?.encoded() ?? [], checkpoints)
    }[0]
  }

  @Test(
    arguments: [
      [], [("method", "unrolled")], [("batch", "7"), ("solve-batch", "9")],
      [("start", "previous"), ("lower-rule", "momentum")],
    ] as [[(String, String)]]) func ranksAndPartsChangeNoBit(_ own: [(String, String)]) throws
  {
    let settings = own + [("evaluation-tasks", "3")]
    let whole = try Self.train(settings, ranks: 1)
    for ranks in 2...4 {
      let again = try Self.train(settings, ranks: ranks)
      #expect(again.end == whole.end, "\(own): \(ranks) ranks")
      for (step, state) in again.checkpoints where step < 3 {
        let rest = try Self.train(settings, ranks: 5 - ranks, from: state)
        #expect(rest.end == whole.end, "\(own): taken up after \(step)")
      }
    }
  }

  @Test func scoresAreByWhatIsStored() throws {
    func scores(_ stored: String, ranks: Int) throws -> Evaluation {
      let settings = [("stored", stored), ("steps", "1")]
      let none = Continuation(from: nil, every: 0) { _, _ in }
      let state = try #require(
        try Self.run(settings).train(SoloCommunicator(), none) { _, _ in }.state)
      return try ThreadCommunicator.values(size: ranks) {
        try Self.run(settings).evaluate(state, at: "state", tasks: 4, $0)
      }[0]
    }
    let stored = try scores("true", ranks: 1)
    #expect(try scores("true", ranks: 3) == stored)
    #expect(try scores("false", ranks: 1).scores[0].after != stored.scores[0].after)
  }
}
