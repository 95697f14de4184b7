import Foundation
import MessagePassing
import Problems
import TestSupport
import Testing
import Training

/// Strengths of augmentation, through whole runs.
@Suite struct LearntAugmentationTrainingTests {
  private static let small = [
    ("steps", "20"), ("train", "60"), ("validation", "60"), ("test", "100"), ("hidden", "8"),
    ("batch", "30"), ("lower-steps", "2"), ("evaluation-every", "0"), ("evaluation-tasks", "0"),
  ]

  private static func run(
    _ settings: [(String, String)] = []
  ) throws -> ProblemRun<LearntAugmentation> {
    try ProblemRun<LearntAugmentation>(
      RunRequest((small + settings).map { (key: $0.0, value: $0.1) }))
  }

  private static func outcome(
    _ run: ProblemRun<LearntAugmentation>, ranks: Int = 1, from state: TensorFile? = nil
  ) throws -> (outcome: RunOutcome, last: StepSummary?) {
    try ThreadCommunicator.values(size: ranks) { communicator in
      var last: StepSummary?
      let outcome = try run.train(
        communicator, Continuation(from: state.map { ($0, "state") }, every: 0) { _, _ in }
      ) { summary, _ in last = summary }
      return (outcome, last)
    }[0]
  }

  /// The same on every number of ranks and after a resumption; what is followed is what is learnt.
  @Test func strengthsAreLearnt() throws {
    let run = try Self.run()
    let (outcome, last) = try Self.outcome(run)
    let state = try #require(outcome.state)
    let learnt = state.tensors.filter { $0.name.hasPrefix("upper/") }.flatMap(\.values)
    #expect(learnt.count == 8)
    #expect(last?.followed.map(\.value) == learnt.map { exp($0) })
    let table = outcome.results[0]
    #expect(table.rows.map { $0[0] } == ImageChange.allCases.map(\.rawValue))
    #expect(table.rows.allSatisfy { $0[1] != $0[2] }, "\(table.text)")
    #expect(outcome.results[1].rows.count == 4)
    #expect(try Self.outcome(run, ranks: 2).outcome.state?.encoded() == state.encoded())
    let half = try #require(try Self.outcome(Self.run([("steps", "7")])).outcome.state)
    let rest = try Self.outcome(run, ranks: 2, from: half).outcome
    #expect(rest.digest == outcome.digest && rest.results == outcome.results)
    let pictures = try run.findings(state, at: "state").illustrations
    guard case .images(let figure) = try #require(pictures.first) else { return }
    #expect(figure.groups.map(\.cells.count) == [10, 10, 10, 10])
    #expect(figure.groups[1] != figure.groups[2] && figure.groups[2] != figure.groups[3])
  }

  /// Few images: trained with learnt strengths a model finds more than without.
  @Test func learntStrengthsHelp() throws {
    let run = try Self.run([
      ("steps", "400"), ("train", "100"), ("validation", "400"), ("test", "500"), ("hidden", "16"),
      ("lower-steps", "4"), ("batch", "50"), ("upper-rate", "0.02"),
    ])
    let table = try Self.outcome(run).outcome.results[1]
    let accuracies = try table.rows.map { try #require(Double($0[1])) }
    #expect(accuracies[0] > accuracies[3] && accuracies[1] > accuracies[3], "\(table.text)")
  }
}
