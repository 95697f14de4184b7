import MessagePassing
import Problems
import TestSupport
import Testing
import Training

/// Strengths of a linear classifier of sparse rows, through whole runs.
@Suite struct SparseRegularisationTrainingTests {
  private static func outcome(
    _ settings: [(String, String)] = [], ranks: Int = 1
  ) throws -> RunOutcome {
    let run = try ProblemRun<SparseRegularisation>(
      RunRequest(([("steps", "30"), ("train", "300")] + settings).map { (key: $0.0, value: $0.1) }))
    return try ThreadCommunicator.values(size: ranks) { communicator in
      try run.train(communicator) { _, _ in }
    }[0]
  }

  /// What was learnt on rows that validate is better on rows that test, and the same on any number of ranks.
  @Test(arguments: ["feature", "one"]) func learntStrengthsAreBetter(_ grouping: String) throws {
    let settings = [("grouping", grouping), ("strength", "0.3"), ("upper-rate", "0.3")]
    let outcome = try Self.outcome(settings)
    let rows = outcome.results[0].rows
    for column in [2, 4, 6] {
      let (first, learnt) = (
        try #require(Double(rows[0][column])), try #require(Double(rows[1][column]))
      )
      #expect(learnt < 0.8 * first, "\(outcome.results[0].text)")
    }
    #expect(outcome.results[1].rows.count == (grouping == "feature" ? 64 : 1))
    let again = try Self.outcome(settings, ranks: 2)
    #expect(again.state?.encoded() == outcome.state?.encoded())
    #expect(again.results == outcome.results)
  }
}
