import BilevelOptimization
import MessagePassing
import Models
import Problems
import Tensors
import TestSupport
import Testing
import Training

@Suite struct ProblemRunTests {
  private func message(_ assignments: [(key: String, value: String)]) -> String? {
    #expect(throws: SettingError.self) {
      try ProblemRun<Sinusoid>(RunRequest(assignments))
    }?.message
  }

  @Test func unknownKeysGetASuggestion() {
    #expect(
      message([("lower-step", "3")])
        == "sinusoid has no setting \"lower-step\"; did you mean lower-steps?")
    #expect(message([("shot", "3")]) == "sinusoid has no setting \"shot\"; did you mean shots?")
    let all = Self.keys(["shots", "query", "hidden", "proximal", "amplitude"])
    #expect(
      message([("zzzzzzzzzz", "3")])
        == "sinusoid has no setting \"zzzzzzzzzz\"; there are \(all)")
  }

  /// Words of other programs, and last parts of names.
  @Test func whatOthersCallItIsUnderstood() {
    let rates = "joint-rate, lower-rate or upper-rate"
    for (word, meant) in [
      ("lr", rates), ("rate", rates), ("learning_rate", rates),
      ("optimizer", "lower-rule or upper-rule"), ("epochs", "steps or lower-steps"),
      ("decay", "lower-decay, lower-weight-decay, upper-decay or upper-weight-decay"),
      ("batch-size", "batch, solve-batch or validation-batch"),
    ] {
      #expect(
        message([(word, "1")]) == "sinusoid has no setting \"\(word)\"; did you mean \(meant)?")
    }
    let long = String(repeating: "k", count: 1_000_000)
    #expect(message([(long, "1")])?.count ?? .max < 1000)
  }

  @Test func badValuesNameTheKey() {
    #expect(message([("shots", "ten")]) == "shots=ten: not a whole number")
    #expect(message([("tasks", "0")]) == "tasks=0: must be from 1 to 1000000")
    #expect(message([("precision", "half")]) == "precision=half: must be one of single, double")
    #expect(message([("proximal", "nan")]) == "proximal=nan: not a finite number")
    // A good value later does not make up for a bad one.
    #expect(message([("k", "-1"), ("k", "1")]) == "k=-1: must be from 0 to 1000000")
  }

  @Test func theOriginOfAnAssignmentStandsBeforeItsFault() throws {
    func message(_ assignment: SettingAssignment) -> String? {
      let request = RunRequest(assignments: [assignment], otherKeys: ["output"])
      return #expect(throws: SettingError.self) { try ProblemRun<Sinusoid>(request) }?.message
    }
    #expect(
      message(SettingAssignment("shots", "ten", from: "a.yaml, line 3"))
        == "a.yaml, line 3: shots=ten: not a whole number")
    #expect(
      message(SettingAssignment("outptu", "ten", from: "IGBM_OUTPTU"))
        == "IGBM_OUTPTU: sinusoid has no setting \"outptu\"; did you mean output?")
    let good = SettingAssignment("shots", "11", from: "a.yaml, line 3")
    #expect(try ProblemRun<Sinusoid>(RunRequest(assignments: [good])).own.shots == 11)
  }

  @Test func laterAssignmentsWin() throws {
    let request = RunRequest([
      ("k", "3"), ("shots", "7"), ("k", "4"), ("shots", "8"), ("steps", "9"),
    ])
    let run = try ProblemRun<Sinusoid>(request)
    #expect(run.training.k == 4 && run.own.shots == 8)
    #expect(run.size == (9, Sinusoid.defaults.tasks))
  }

  private static func keys(_ own: [String]) -> String {
    let common = [
      "seed", "steps", "tasks", "schedule", "slabs", "team", "method", "solver", "k", "solver-rank",
      "warm-solve",
      "truncate", "penalty", "joint-rate", "difference", "start", "batch", "solve-batch",
      "fresh-products", "validation-batch", "batch-rows", "blocks", "validation-blocks",
      "tolerance",
      "relative-tolerance", "tolerance-fall", "damping",
      "negative-curvature", "check-residual", "non-finite", "lower-rule", "lower-rate",
      "lower-milestones", "lower-decay", "lower-rise", "lower-fall", "learned-rates", "lower-pull",
      "lower-steps", "lower-tolerance", "lower-clip", "lower-weight-decay",
      "lower-set", "sparse", "upper-rule", "upper-rate", "upper-from", "upper-milestones",
      "upper-decay",
      "upper-rise", "upper-fall", "upper-rates", "upper-clip", "upper-weight-decay", "upper-set",
      "upper-epsilon", "precision", "convolutions", "evaluation-tasks", "evaluation-every",
      "patience", "initial",
    ]
    return (common + own).joined(separator: ", ")
  }

  /// What all problems have alike.
  private static let shared = [
    "solver": "own", "solver-rank": "10", "warm-solve": "false", "truncate": "0", "penalty": "1.0",
    "joint-rate": "0.1", "difference": "0.01", "start": "problem", "batch": "0",
    "solve-batch": "0", "fresh-products": "false", "validation-batch": "0", "batch-rows": "drawn",
    "lower-clip": "0.0",
    "lower-weight-decay": "0.0", "lower-set": "whole", "sparse": "false", "upper-rise": "0",
    "upper-fall": "0", "upper-rates": "", "upper-clip": "0.0", "upper-weight-decay": "0.0",
    "upper-set": "whole", "blocks": "10", "validation-blocks": "10", "tolerance-fall": "0",
    "upper-from": "0", "lower-milestones": "", "lower-decay": "0.1", "lower-rise": "0",
    "lower-fall": "0",
    "learned-rates": "", "evaluation-every": "0", "patience": "0", "convolutions": "transformed",
  ]

  private static func listing(_ run: some Run) -> [String: String] {
    Dictionary(uniqueKeysWithValues: run.settings.map { ($0.key, $0.value) })
  }

  @Test func sinusoidListsAllSettingsWithItsDefaults() throws {
    let run = try ProblemRun<Sinusoid>(RunRequest([]))
    #expect(
      run.settings.map(\.key).joined(separator: ", ")
        == Self.keys(["shots", "query", "hidden", "proximal", "amplitude"]))
    #expect(run.settings.allSatisfy { !$0.about.isEmpty })
    let expected = [
      "seed": "1", "steps": "1000", "tasks": "25", "method": "LS", "k": "5", "tolerance": "1e-10",
      "relative-tolerance": "1e-10", "check-residual": "false",
      "damping": "10.0", "negative-curvature": "report", "non-finite": "stop",
      "lower-rule": "backtracking", "lower-rate": "0.1", "lower-pull": "0.0",
      "lower-tolerance": "0.0", "schedule": "static", "slabs": "1",
      "team": "0",
      "lower-steps": "32", "upper-rule": "adam", "upper-rate": "0.003", "upper-epsilon": "1e-08",
      "upper-milestones": "", "upper-decay": "0.1",
      "precision": "single", "evaluation-tasks": "100", "initial": "",
      "shots": "10", "query": "10", "hidden": "40", "proximal": "0.1", "amplitude": "5.0",
      "evaluation-every": "100",
    ]
    #expect(Self.listing(run) == expected.merging(Self.shared) { one, _ in one })
  }

  @Test func labelCleaningListsAllSettingsWithItsDefaults() throws {
    let run = try ProblemRun<LabelCleaning>(RunRequest([]))
    #expect(
      run.settings.map(\.key).joined(separator: ", ")
        == Self.keys([
          "data", "images", "labels", "train", "validation", "test", "stratified", "corruption",
          "corruption-kind", "network", "hidden", "flip", "shift", "cut-out", "l2", "train-part",
          "validation-part", "final-steps", "target", "categorical", "ignore", "missing",
          "separator", "header",
          "decimal",
        ]))
    let expected = [
      "seed": "1", "steps": "60", "tasks": "8", "method": "NS", "k": "20", "tolerance": "1e-10",
      "relative-tolerance": "1e-10", "check-residual": "false",
      "damping": "0.0", "negative-curvature": "report", "non-finite": "stop", "lower-rule": "sgd",
      "lower-rate": "0.5", "lower-pull": "0.0", "lower-tolerance": "0.0", "schedule": "static",
      "slabs": "1",
      "team": "0",
      "lower-steps": "200", "upper-rule": "adam", "upper-rate": "0.1", "upper-epsilon": "1e-08",
      "upper-milestones": "", "upper-decay": "0.1",
      "precision": "single", "evaluation-tasks": "100", "initial": "",
      "data": "", "images": "train-images-idx3-ubyte", "labels": "train-labels-idx1-ubyte",
      "train": "1000", "validation": "297", "test": "500", "stratified": "false",
      "corruption": "0.4",
      "flip": "false", "shift": "0", "cut-out": "0",
      "corruption-kind": "wrong", "network": "tanh", "hidden": "32", "l2": "0.0001",
      "train-part": "0.5", "validation-part": "0.6666666666666666", "final-steps": "2000",
      "target": "-1", "categorical": "", "ignore": "", "missing": "mean", "separator": "auto",
      "header": "auto", "decimal": "point",
    ]
    #expect(Self.listing(run) == expected.merging(Self.shared) { one, _ in one })
  }

  /// Problems whose keys cannot be told apart from everybody's.
  @Test func keysThatAreTakenAreRefused() {
    for key in ["k", "tolerance", "output", "problem", "own"] {
      TakenKey.key = key
      let error = #expect(throws: SettingError.self) { try ProblemRun<TakenKey>(RunRequest([])) }
      #expect(
        error?.message == "taken-key declares the setting \"\(key)\", which is taken; rename it")
    }
    TakenKey.key = "free"
    #expect(throws: Never.self) { try ProblemRun<TakenKey>(RunRequest([])) }
  }

  @Test func aListingMakesTheSameRunAgain() throws {
    let first = try ProblemRun<Sinusoid>(
      RunRequest([("method", "ns"), ("lower-rate", "0.3"), ("amplitude", "1e2"), ("seed", "77")]))
    let again = try ProblemRun<Sinusoid>(RunRequest(first.settings.map { ($0.key, $0.value) }))
    #expect(again.training == first.training && again.own == first.own)
    #expect(again.settings == first.settings)
  }

  /// What a rank got from a run.
  private struct Got: Sendable, Equatable {
    let results: [ResultTable]
    let state: TensorFile?
    let digest: String
    let steps: [Int]
  }

  private func train(_ size: Int, _ assignments: [(key: String, value: String)]) throws -> [Got] {
    let request = RunRequest(assignments)
    return try ThreadCommunicator.values(size: size) { communicator in
      var steps: [Int] = []
      let outcome = try ProblemRun<Quadratic>(request).train(communicator) { summary, _ in
        steps.append(summary.step)
      }
      return Got(
        results: outcome.results, state: outcome.state, digest: outcome.digest, steps: steps)
    }
  }

  @Test(arguments: [1, 3]) func resultsAndStateAreRankZeros(_ size: Int) throws {
    let ranks = try train(size, [("steps", "4"), ("strength", "0.5")])
    let state = try #require(ranks[0].state)
    #expect(state["step"] == "4" && state["setting/strength"] == "0.5")
    let shown = state.tensors[0].values.map { "\($0)" }
    #expect(ranks[0].results.map(\.rows) == [[shown]], "results see the trained parameters")
    for rank in ranks {
      #expect(rank.steps == [0, 1, 2, 3], "every rank observes every step")
      #expect(rank.digest == ParameterDigest.sha256(of: state))
    }
    #expect(ranks.dropFirst().allSatisfy { $0.results.isEmpty && $0.state == nil })
  }

  @Test func aRunOfNoStepsKeepsTheFirstParameters() throws {
    let ranks = try train(2, [("steps", "0")])
    #expect(ranks[0].state?.tensors[0].values == Quadratic.firstValues)
    #expect(ranks.map(\.steps) == [[], []])
  }

  @Test func resultsThatFailOnRankZeroStopAll() throws {
    let results = ThreadCommunicator.run(size: 3) { communicator in
      try ProblemRun<Quadratic>(RunRequest([("results-fail", "on")]))
        .train(communicator) { _, _ in }.digest
    }
    let errors = results.compactMap { result in
      if case .failure(let error) = result { error as? AgreementError } else { nil }
    }
    #expect(errors.count == 3 && Set(errors).count == 1)
    #expect(errors.first?.failures.map(\.rank) == [0])
    #expect(errors.first?.exitCode == .noInput)
  }
}

/// A problem with two settings, `own` and one that the test names.
private struct TakenKey: Problem {
  nonisolated(unsafe) static var key = ""
  static let name = "taken-key"
  static let about = ""
  static let defaults = TrainingSettings()

  struct Settings: SettingGroup {
    var value = 1
    mutating func declare(_ keys: inout SettingKeys) throws {
      try keys("own", &value, 0...1, "")
      try keys(TakenKey.key, &value, 0...1, "")
    }
  }

  let upperModel: Model<Tensor>
  let lowerModel: Model<Tensor>
  let start = AdaptationStart.upperModel

  init(_ settings: Settings, seed: UInt64) throws {
    upperModel = try Model { p in p("u", [1]) }
    lowerModel = try Model { p in p("w", [1]) }
  }
  func lowerObjective(_ s: ObjectiveState<Tensor, Tensor>) -> Tensor { squaredNorm(s.lowerModel) }
  func upperObjective(_ s: ObjectiveState<Tensor, Tensor>) -> Tensor { squaredNorm(s.lowerModel) }
  func task(_ index: Int, step: Int) throws -> TaskExamples {
    TaskExamples(
      train: Examples(data: .empty, target: .empty),
      validate: Examples(data: .empty, target: .empty))
  }
}
