import BilevelOptimization
import MessagePassing
import Problems
import TestSupport
import Testing
import Training

@Suite struct EvaluationTests {
  @Test func anIntervalIsWorkedOutByHand() {
    let interval = Interval(of: [1, 2, 3, 6])
    #expect(interval.mean == 3)
    // The variance with n - 1 is 14 / 3.
    #expect(abs(interval.halfWidth - 1.96 * (14.0 / 12).squareRoot()) < 1e-12)
    #expect(Interval(of: [5]) == Interval(of: [5]) && Interval(of: [5]).halfWidth == 0)
    #expect(Interval(of: []).mean == 0)
  }

  private static let small = [
    ("steps", "2"), ("tasks", "3"), ("hidden", "6"), ("lower-steps", "5"), ("shots", "5"),
  ]

  private func evaluations(size: Int, tasks: Int) throws -> [Evaluation] {
    try ThreadCommunicator.values(size: size) { communicator in
      let run = try ProblemRun<Sinusoid>(RunRequest(Self.small.map { (key: $0, value: $1) }))
      let state = try run.train(communicator) { _, _ in }.state
      let file = try #require(try state ?? ThreadStates.first(run))
      return try run.evaluate(file, at: "state", tasks: tasks, communicator)
    }
  }

  @Test func figuresDoNotDependOnTheNumberOfRanks() throws {
    let alone = try evaluations(size: 1, tasks: 7)[0]
    #expect(alone.tasks == 7 && alone.scores.map(\.measure) == [.squaredError])
    #expect(alone.scores[0].after.mean < alone.scores[0].before.mean, "adaptation helps")
    for size in [2, 3, 9] {
      for evaluation in try evaluations(size: size, tasks: 7) { #expect(evaluation == alone) }
    }
  }

  /// With the defaults, and a fifth of their steps, a wave is learnt from its points.
  @Test func theDefaultsOfWavesLearn() throws {
    let run = try ProblemRun<Sinusoid>(
      RunRequest([("steps", "200"), ("evaluation-tasks", "50"), ("evaluation-every", "0")]))
    let state = try #require(try run.train(SoloCommunicator()) { _, _ in }.state)
    let score = try run.evaluate(state, at: "state", tasks: 50, SoloCommunicator()).scores[0]
    #expect(score.after.mean < 1.5 && score.before.mean > 2.5, "\(score)")
  }

  @Test func withoutLowerStepsNothingChanges() throws {
    let run = try ProblemRun<Sinusoid>(RunRequest([("steps", "0"), ("lower-steps", "0")]))
    let outcome = try run.train(SoloCommunicator()) { _, _ in }
    let rows = try #require(outcome.results.first).rows
    #expect(rows.map { $0[0] } == ["squared error"])
    #expect(rows[0][1] == rows[0][2])
  }

  /// Of no tasks there are no scores, rather than scores of 0.
  @Test func noTasksHaveNoScores() throws {
    let run = try ProblemRun<Sinusoid>(
      RunRequest([("steps", "0"), ("evaluation-tasks", "0"), ("evaluation-every", "0")]))
    let outcome = try run.train(SoloCommunicator()) { _, _ in }
    #expect(outcome.results.isEmpty)
    let state = try #require(outcome.state)
    #expect(try run.findings(state, at: "state").tables.isEmpty)
    #expect(throws: SettingError.self) {
      try run.evaluate(state, at: "state", tasks: 0, SoloCommunicator())
    }
  }

  @Test func aProblemWithoutHeldOutTasksSaysSo() throws {
    let run = try ProblemRun<Quadratic>(RunRequest([("steps", "1")]))
    let outcome = try run.train(SoloCommunicator()) { _, _ in }
    let state = try #require(outcome.state)
    let error = #expect(throws: SettingError.self) {
      try run.evaluate(state, at: "state", tasks: 3, SoloCommunicator())
    }
    #expect(error?.message.contains("no held-out tasks") == true)
  }

  /// Scores that are no numbers are no results: neither of parameters that are none, nor of those that lead there.
  @Test(arguments: [(Double.nan, "not finite"), (.infinity, "not finite"), (1e30, "held-out task")])
  func scoresThatAreNotFiniteAreErrors(_ value: Double, _ message: String) throws {
    let run = try ProblemRun<Sinusoid>(RunRequest(Self.small.map { (key: $0, value: $1) }))
    let state = try #require(try run.train(SoloCommunicator()) { _, _ in }.state)
    let broken = TensorFile(
      metadata: state.metadata,
      tensors: state.tensors.map { tensor in
        NamedTensor(tensor.name, shape: tensor.shape, tensor.values.map { _ in value })
      })
    for size in [1, 3] {
      let failures = try ThreadCommunicator.values(size: size) { communicator in
        do {
          _ = try run.evaluate(broken, at: "state", tasks: 4, communicator)
          return "no error"
        } catch let error as any CommonError {
          return "\(error.exitCode) \(error)"
        }
      }
      #expect(
        failures.allSatisfy { $0.hasPrefix("dataError") && $0.contains(message) }, "\(failures)")
      #expect(Set(failures).count == 1)
    }
    #expect(throws: (any Error).self) { try run.findings(broken, at: "state") }
  }

  @Test func aStateOfAnotherModelIsRefused() throws {
    let small = try ProblemRun<Sinusoid>(RunRequest([("steps", "0"), ("hidden", "6")]))
    let large = try ProblemRun<Sinusoid>(RunRequest([("steps", "0"), ("hidden", "7")]))
    let state = try #require(try small.train(SoloCommunicator()) { _, _ in }.state)
    let error = #expect(throws: AgreementError.self) {
      try large.evaluate(state, at: "state", tasks: 3, SoloCommunicator())
    }
    #expect(error?.description.contains("has shape [1, 6], but the model's is [1, 7]") == true)
  }

  /// The state of a run alone: other ranks of a test get none of their own.
  private enum ThreadStates {
    static func first<P: Problem>(_ run: ProblemRun<P>) throws -> TensorFile? {
      try run.train(SoloCommunicator()) { _, _ in }.state
    }
  }
}
