import MessagePassing
import Problems
import TestSupport
import Testing
import Training

/// Weights of examples, learnt along with the lower model that the run keeps.
@Suite struct WeightNetTrainingTests {
  private static let small = [
    ("steps", "40"), ("train", "120"), ("validation", "60"), ("test", "100"), ("hidden", "8"),
    ("weight-hidden", "10"), ("batch", "30"), ("validation-batch", "30"),
    ("evaluation-every", "20"),
  ]

  private static func run(_ settings: [(String, String)] = []) throws -> ProblemRun<WeightNet> {
    try ProblemRun<WeightNet>(RunRequest((small + settings).map { (key: $0.0, value: $0.1) }))
  }

  private static func outcomes(
    _ run: ProblemRun<WeightNet>, ranks: Int, from state: TensorFile? = nil
  ) throws -> RunOutcome {
    try ThreadCommunicator.values(size: ranks) { communicator in
      try run.train(
        communicator, Continuation(from: state.map { ($0, "state") }, every: 0) { _, _ in }
      ) { _, _ in }
    }[0]
  }

  /// What results and scores are of is the lower model that the run kept: the same on every number of ranks, after a
  /// resumption, and from the stored state.
  @Test func resultsAreOfTheModelThatWasTrained() throws {
    let run = try Self.run()
    let outcome = try Self.outcomes(run, ranks: 1)
    let state = try #require(outcome.state)
    let lower = try #require(outcome.lower)
    let kept = try #require(state.tensors.first { $0.name == "lower/0/w" })
    #expect(lower.tensors.flatMap(\.values).elementsEqual(kept.values))
    #expect(kept.values != (try WeightNet(run.own, seed: 1)).lowerModel.values)
    for ranks in [2, 3] {
      let again = try Self.outcomes(run, ranks: ranks)
      #expect(again.state?.encoded() == state.encoded())
      #expect(again.results == outcome.results)
    }
    let half = try #require(try Self.outcomes(Self.run([("steps", "15")]), ranks: 2).state)
    let rest = try Self.outcomes(run, ranks: 1, from: half)
    #expect(rest.results == outcome.results)
    let findings = try run.findings(state, at: "state")
    #expect(findings.tables == outcome.results)
    let scores = try ThreadCommunicator.values(size: 2) { communicator in
      try run.evaluate(state, at: "state", tasks: 600, communicator)
    }
    // The parts of the test images, whatever was asked for.
    #expect(scores[0].tasks == 2 && scores[0] == scores[1])
    let accuracy = try #require(Double(outcome.results[1].rows[0][1]))
    #expect(abs(scores[0].scores[0].after.mean - accuracy) < 1e-4)
  }

  /// What is trained anew to compare sees the same batches in as many steps: with weights that never change it is the same model.
  @Test(arguments: ["sgd", "nesterov", "adam"])
  func theComparisonIsTrainedAlike(_ rule: String) throws {
    let run = try Self.run([
      ("upper-rate", "1e-300"), ("lower-rule", rule), ("lower-rate", "0.05"), ("shift", "1"),
      ("lower-milestones", "20"), ("corruption", "0"),
    ])
    let rows = try Self.outcomes(run, ranks: 1).results[1].rows
    #expect(rows.count == 2 && rows[0].dropFirst() == rows[1].dropFirst(), "\(rows)")
  }

  /// Upper parameters that rest leave their first values, and the lower model that of a training without them; then the
  /// upper optimiser begins as at a first step.
  @Test func upperParametersRestAtFirst() throws {
    let rest = ("upper-from", "20")
    func run(_ steps: Int, _ settings: [(String, String)]) throws -> RunOutcome {
      try Self.outcomes(Self.run([("steps", "\(steps)")] + settings), ranks: 1)
    }
    func upper(_ outcome: RunOutcome) throws -> [Double] {
      try #require(outcome.state).tensors.filter { $0.name.hasPrefix("upper/") }.flatMap(\.values)
    }
    func lower(_ outcome: RunOutcome) throws -> [Double] {
      try #require(outcome.lower).tensors.flatMap(\.values)
    }
    let (rested, still) = (try run(20, [rest]), try run(20, [("upper-rate", "1e-300")]))
    let start = try upper(run(0, []))
    #expect(try upper(rested) == start)
    #expect(try lower(rested) == lower(still))
    // Adam's first step is as long as its rate in every parameter that has a gradient.
    let moved = zip(try upper(run(21, [rest])), start).map { abs($0 - $1) }
    #expect(moved.contains { $0 > 0.0099 } && moved.allSatisfy { $0 < 0.0101 })
    // Taken up after it, too.
    let whole = try run(24, [rest])
    for steps in [7, 20, 22] {
      let part = try #require(run(steps, [rest]).state)
      let again = try Self.outcomes(Self.run([("steps", "24"), rest]), ranks: 2, from: part)
      #expect(again.state?.encoded() == whole.state?.encoded(), "after \(steps)")
    }
  }

  /// Where upper steps begin anew, the results are those of an adaptation.
  @Test func withoutAKeptModelOneIsAdapted() throws {
    let run = try Self.run([("start", "problem"), ("lower-steps", "20"), ("steps", "2")])
    let outcome = try Self.outcomes(run, ranks: 1)
    #expect(outcome.state?.tensors.contains { $0.name.hasPrefix("lower/") } == false)
    #expect(outcome.results.count == 4 && outcome.results[1].rows.count == 3)
  }

  /// The weights find wrong labels, and the model is better for it.
  @Test func wrongLabelsWeighLess() throws {
    let run = try Self.run([
      ("steps", "300"), ("train", "1000"), ("validation", "297"), ("test", "500"), ("hidden", "32"),
      ("batch", "100"), ("validation-batch", "100"),
    ])
    let tables = try Self.outcomes(run, ranks: 1).results
    let accuracies = try tables[1].rows.map { try #require(Double($0[1])) }
    #expect(accuracies[0] > accuracies[1], "\(tables[1].text)")
    let weights = try tables[2].rows.map { try #require(Double($0[3])) }
    #expect(weights[0] > 1.2 && weights[1] < 0.7, "\(tables[2].text)")
  }

  @Test func settingsThatMakeNoSenseAreRefused() throws {
    for (settings, message) in [
      ([("network", "lenet")], "it takes square ones of 12 or more"),
      ([("imbalance", "0.5")], "imbalance"),
      ([("train", "2000")], "there are only 1797 examples"),
    ] {
      let error = #expect(throws: (any Error).self) {
        _ = try Self.outcomes(Self.run(settings), ranks: 1)
      }
      #expect(error.map { "\($0)".contains(message) } == true, "\(String(describing: error))")
    }
  }
}
