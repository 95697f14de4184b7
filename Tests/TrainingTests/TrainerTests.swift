import BilevelOptimization
import MessagePassing
import Models
import Problems
import TestSupport
import Tensors
import Testing
import Training

/// f = |w - u - x|^2 / 2, F = |w - t|^2 / 2: adaptation at rate 1 is exact after one step, and the hypergradient is
/// u + x - t.
private struct Shift: Problem {
  struct Settings: SettingGroup {
    var broken = -1
    mutating func declare(_ keys: inout SettingKeys) throws {
      try keys("broken", &broken, -1...100, "a task that fails")
    }
  }
  static let name = "shift"
  static let about = "a quadratic"
  static var defaults: TrainingSettings {
    var settings = TrainingSettings()
    (settings.tasks, settings.lowerRate, settings.lowerSteps) = (5, 1, 1)
    settings.precision = .double
    settings.upperRule = .sgd
    settings.upperRate = 0.25
    return settings
  }
  let upperModel: Model<Tensor>
  let lowerModel: Model<Tensor>
  let start = AdaptationStart.lowerModel
  let settings: Settings

  init(_ settings: Settings, seed: UInt64) throws {
    self.settings = settings
    upperModel = try Model(seed: seed) { $0("u", [3], .normal(deviation: 1)) }
    lowerModel = try Model(seed: seed) { $0("w", [3]) }
  }
  func lowerObjective(_ s: ObjectiveState<Tensor, Tensor>) -> Tensor {
    0.5 * squaredDistance(s.lowerModel, s.upperModel + s.data)
  }
  func upperObjective(_ s: ObjectiveState<Tensor, Tensor>) -> Tensor {
    0.5 * squaredDistance(s.lowerModel, s.target)
  }
  func numbers(_ index: Int, _ step: Int) -> [Double] {
    (0..<3).map { Double((index * 7 + step * 3 + $0) % 11) / 7 }
  }
  func task(_ index: Int, step: Int) throws -> TaskExamples {
    if index == settings.broken { throw SettingError("task \(index) is broken") }
    let examples = Examples(
      data: DataArray(numbers(index, step)), target: DataArray(numbers(index + 50, step)))
    return TaskExamples(train: examples, validate: examples)
  }
}

@Suite struct TrainerTests {
  private func trained<P: Problem>(
    _ type: P.Type, _ communicator: any Communicator, steps: Int, _ assignments: [(String, String)]
  ) throws -> (values: [Double], summaries: [StepSummary]) {
    let request = RunRequest(assignments.map { (key: $0.0, value: $0.1) })
    let run = try ProblemRun<P>(request)
    let problem = try P(run.own, seed: 1)
    let trainer = try Trainer(problem, run.training, communicator)
    let summaries = try (0..<steps).map { _ in try trainer.makeStep() }
    return (problem.upperModel.values, summaries)
  }

  @Test func aStepIsTheMeanHypergradient() throws {
    let found = try trained(Shift.self, SoloCommunicator(), steps: 3, [])
    let problem = try Shift(.init(), seed: 1)
    var u = problem.upperModel.values
    for step in 0..<3 {
      var mean = [0.0, 0, 0]
      for task in 0..<5 {
        let (x, t) = (problem.numbers(task, step), problem.numbers(task + 50, step))
        for i in 0..<3 { mean[i] += (u[i] + x[i] - t[i]) / 5 }
      }
      for i in 0..<3 { u[i] -= 0.25 * mean[i] }
    }
    #expect(relativeDistance(found.values, u) < 1e-13)
    #expect(found.summaries.map(\.step) == [0, 1, 2])
    #expect(found.summaries.allSatisfy { $0.lowerGradientNorm < 1e-12 && $0.tasks == 5 })
  }

  /// One rank's bits on any number of ranks, more than tasks included, on every rank.
  private func checkRanks<P: Problem>(_ type: P.Type, steps: Int, _ assignments: [(String, String)])
    throws
  {
    let alone = try trained(type, SoloCommunicator(), steps: steps, assignments)
    for size in [1, 2, 3, 4, 7] {
      let all = try ThreadCommunicator.values(size: size) {
        try trained(type, $0, steps: steps, assignments)
      }
      for (rank, found) in all.enumerated() {
        #expect(found.values == alone.values, "\(P.name), rank \(rank) of \(size)")
        #expect(found.summaries == alone.summaries, "\(P.name), rank \(rank) of \(size)")
      }
    }
  }

  @Test func ranksChangeNothing() throws {
    try checkRanks(Shift.self, steps: 4, [])
    try checkRanks(Sinusoid.self, steps: 3, [("tasks", "5"), ("hidden", "8")])
    try checkRanks(
      LabelCleaning.self, steps: 2,
      [("tasks", "5"), ("train", "40"), ("lower-steps", "5"), ("k", "2"), ("hidden", "4")])
  }

  @Test func aFailureOnOneRankIsEverybodys() throws {
    let outcomes = ThreadCommunicator.run(size: 3) { communicator in
      try trained(Shift.self, communicator, steps: 2, [("broken", "4")])
    }
    for outcome in outcomes {
      guard case .failure(let error) = outcome else {
        Issue.record("a rank went on")
        continue
      }
      #expect("\(error)".contains("step 0, task 4: task 4 is broken"), "\(error)")
      #expect(ExitCode(for: error) == .configuration)
    }
  }

  @Test func divergenceIsADataError() throws {
    let outcomes = ThreadCommunicator.run(size: 2) { communicator in
      try trained(Shift.self, communicator, steps: 200, [("upper-rate", "1e6")])
    }
    for outcome in outcomes {
      guard case .failure(let error) = outcome else {
        Issue.record("a rank went on")
        continue
      }
      #expect(ExitCode(for: error) == .dataError, "\(error)")
    }
  }

  @Test func tasksArePartitioned() {
    for tasks in 0..<20 {
      for size in 1..<9 {
        let ranges = (0..<size).map { TaskAssignment.tasks(tasks, ofRank: $0, of: size) }
        #expect(ranges.flatMap(Array.init) == Array(0..<tasks))
        #expect((ranges.map(\.count).max() ?? 0) - (ranges.map(\.count).min() ?? 0) <= 1)
      }
    }
  }

  @Test func theStateHoldsWhatWasTrained() throws {
    let problem = try Shift(.init(), seed: 3)
    let trainer = try Trainer(problem, Shift.defaults, SoloCommunicator())
    _ = try trainer.makeStep()
    let file = RunState.file(of: trainer, settings: [])
    let read = try TensorFile(decoding: file.encoded(), named: "state")
    #expect(read["problem"] == "shift" && read["step"] == "1" && read["optimizer"] == "sgd")
    #expect(read.tensors.first?.values == problem.upperModel.values)
    #expect(ParameterDigest.sha256(of: read) == ParameterDigest.sha256(of: problem.upperModel))
    // One changed bit is another digest.
    problem.upperModel.values[0] = problem.upperModel.values[0].nextUp
    #expect(ParameterDigest.sha256(of: read) != ParameterDigest.sha256(of: problem.upperModel))
    // 64 digits of a known content: one parameter "u" of shape [1] with value 1.
    #expect(
      ParameterDigest.sha256([("u", [1], [1])]).count == 64)
  }
}
