import MessagePassing
import Problems
import TestSupport
import Testing
import Training

/// Few examples instead of many, through whole runs.
@Suite struct DistillationTrainingTests {
  private static let small = [
    ("steps", "30"), ("hidden", "8"), ("validation-batch", "100"), ("lower-steps", "6"),
    ("draws", "3"), ("evaluation-tasks", "0"), ("upper-rate", "0.05"),
  ]

  private static func outcome(
    _ settings: [(String, String)] = [], ranks: Int = 1
  ) throws -> RunOutcome {
    let run = try ProblemRun<Distillation>(
      RunRequest((small + settings).map { (key: $0.0, value: $0.1) }))
    return try ThreadCommunicator.values(size: ranks) { communicator in
      try run.train(communicator) { _, _ in }
    }[0]
  }

  /// It beats real examples, the same on every number of ranks, and leaves them in a file.
  @Test func distilledExamplesAreBetterThanRealOnes() throws {
    let outcome = try Self.outcome()
    let rows = outcome.results[0].rows
    let (distilled, most) = (try #require(Double(rows[0][1])), try #require(Double(rows[1][3])))
    #expect(distilled > most, "\(outcome.results[0].text)")
    let file = try #require(outcome.files.first)
    #expect(file.name == "distilled.safetensors")
    #expect(file.content.tensors.map(\.name) == ["inputs", "classes", "rates"])
    #expect(file.content.tensors.map(\.shape) == [[10, 8, 8, 1], [10], [1]])
    let again = try Self.outcome(ranks: 2)
    #expect(again.digest == outcome.digest && again.results == outcome.results)
  }

  /// Labels and a rate for each step are learnt as well.
  @Test func labelsAndRatesAreLearnt() throws {
    let outcome = try Self.outcome([
      ("soft-labels", "true"), ("rates", "6"), ("per-class", "2"), ("from", "noise"),
    ])
    let tensors = try #require(outcome.files.first).content.tensors
    let probabilities = try #require(tensors.first { $0.name == "probabilities" })
    #expect(probabilities.shape == [20, 10])
    for row in 0..<20 {
      let own = probabilities.values[row * 10..<(row + 1) * 10]
      #expect(abs(own.reduce(0, +) - 1) < 1e-5)
    }
    let rates = try #require(tensors.first { $0.name == "rates" }).values
    #expect(Set(rates).count == 6 && rates.allSatisfy { $0 != 1 })
  }

  /// With a penalty the lower model is a minimum, and implicit methods do.
  @Test func anImplicitMethodDistillsForALinearModel() throws {
    let outcome = try Self.outcome([
      ("network", "linear"), ("l2", "0.02"), ("method", "LS"), ("k", "20"), ("rates", "0"),
      ("learned-rates", ""), ("upper-rates", ""), ("lower-steps", "60"), ("lower-rate", "0.3"),
    ])
    let rows = outcome.results[0].rows
    let (distilled, mean) = (try #require(Double(rows[0][1])), try #require(Double(rows[1][1])))
    #expect(distilled > mean + 0.03, "\(outcome.results[0].text)")
  }
}
