import BilevelOptimization
import Foundation
import MessagePassing
import Models
import Problems
import Tensors
import TestSupport
import Testing
import Training

@Suite struct HeldOutFileTests {
  private func withFolder(_ body: (RunFolder) throws -> Void) throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(try RunFolder(locking: path))
  }

  /// A run's held-out scores on the way, and the parameters that it ends with.
  private func run(
    _ folder: RunFolder, every: Int, from state: TensorFile? = nil, steps: Int = 6
  ) throws -> (state: TensorFile?, stored: TensorFile?, digest: String) {
    let run = try ProblemRun<Sinusoid>(
      RunRequest([
        ("steps", "\(steps)"), ("tasks", "2"), ("hidden", "3"), ("evaluation-tasks", "3"),
        ("evaluation-every", "\(every)"),
      ]))
    let done = state.flatMap { $0["step"] }.flatMap { Int($0) } ?? 0
    let records = try RunRecords(
      in: folder, [], figures: run.method.figures, isScored: every > 0, after: done)
    var stored: TensorFile?
    let outcome = try run.train(
      SoloCommunicator(),
      Continuation(
        from: state.map { ($0, "state") }, requests: { StepRequests(checkpoint: $0 == 3) },
        store: { state, _, _ in stored = state },
        score: { scores, step in
          if case .success(let evaluation) = scores { records.append(evaluation, after: step) }
        })
    ) { records.append($0, $1) }
    return (outcome.state, stored, outcome.digest)
  }

  private func text(_ folder: RunFolder) throws -> String {
    try String(contentsOfFile: "\(folder.path)/\(HeldOutFile.name)", encoding: .utf8)
  }

  /// Scores on the way change no bit, and say what an evaluation there says.
  @Test func theyAreThoseOfTheirStepsAndChangeNothing() throws {
    try withFolder { folder in
      let often = try run(folder, every: 2)
      let lines = try text(folder).split(separator: "\n").map {
        try JSONDecoder().decode(HeldOutFile.Line.self, from: Data($0.utf8))
      }
      #expect(lines.map(\.step) == [2, 4, 6] && lines.allSatisfy { $0.tasks == 3 })
      #expect(Set(lines.map(\.measure)) == ["squared error"])
      let never = try run(folder, every: 0)
      #expect(never.digest == often.digest)
      #expect(try text(folder).isEmpty)
      let settings = RunRequest([("tasks", "2"), ("hidden", "3")])
      let evaluation = try ProblemRun<Sinusoid>(settings).evaluate(
        #require(often.state), at: "state", tasks: 3, SoloCommunicator())
      #expect(evaluation.scores[0].after.mean == lines[2].after)
      #expect(evaluation.scores[0].before.halfWidth == lines[2].beforeHalfWidth)
    }
  }

  /// Taken up, the file is that of a run that never stopped.
  @Test func takenUpTheyAreTheSame() throws {
    try withFolder { folder in
      let stored = try run(folder, every: 2).stored
      let whole = try text(folder)
      #expect(try run(folder, every: 2, from: stored).digest == run(folder, every: 2).digest)
      #expect(try text(folder) == whole)
      // A line that was cut off.
      try (whole + "{\"step\":").write(
        toFile: "\(folder.path)/\(HeldOutFile.name)", atomically: true, encoding: .utf8)
      _ = try run(folder, every: 2, from: stored)
      #expect(try text(folder) == whole)
    }
  }

  /// Scores on the way that cannot be had are said, and training goes on to its own end.
  @Test(arguments: [1, 3]) func scoresThatCannotBeHadEndNoTraining(_ size: Int) throws {
    let settings = [
      ("steps", "5"), ("tasks", "2"), ("hidden", "3"), ("evaluation-tasks", "3"),
      ("evaluation-every", "2"),
    ].map { (key: $0, value: $1) }
    let whole = try ProblemRun<Sinusoid>(RunRequest(settings)).train(SoloCommunicator()) { _, _ in }
    let ends = try ThreadCommunicator.values(size: size) { communicator in
      var (failures, last): ([String], TensorFile?) = ([], nil)
      let continuation = Continuation(
        from: nil, requests: { _ in StepRequests() }, store: { _, _, _ in },
        score: { scores, step in
          if case .failure(let error) = scores { failures.append("\(step): \(error)") }
        }, finish: { last = $0 })
      // What they are needed for at the end fails, after all is stored.
      #expect(throws: EvaluationError.self) {
        try ProblemRun<BlindWaves>(RunRequest(settings)).train(communicator, continuation) { _, _ in
        }
      }
      return (failures, last)
    }
    #expect(ends[0].0.count == 2 && ends[0].0[0].hasPrefix("2: held-out task 0: squared error"))
    #expect(ends[0].0[1].hasPrefix("4: "))
    #expect(ends[0].1?.tensors == whole.state?.tensors)
  }
}

/// ``Sinusoid``, whose held-out scores are no numbers.
private struct BlindWaves: Problem {
  static let name = "blind-waves"
  static let about = "sine waves that nobody can score"
  static var defaults: TrainingSettings { Sinusoid.defaults }
  private let waves: Sinusoid

  init(_ settings: SinusoidSettings, seed: UInt64) throws {
    waves = try Sinusoid(settings, seed: seed)
  }

  var upperModel: Model<Sequential> { waves.upperModel }
  var lowerModel: Model<Sequential> { waves.lowerModel }
  var start: AdaptationStart { waves.start }
  var heldOut: HeldOut<Sequential>? {
    waves.heldOut.map { heldOut in
      HeldOut(
        heldOut.measures, task: heldOut.task, predict: heldOut.predict,
        scores: { _, _ in [.nan] })
    }
  }

  func lowerObjective(_ state: ObjectiveState<Sequential, Sequential>) -> Tensor {
    waves.lowerObjective(state)
  }

  func upperObjective(_ state: ObjectiveState<Sequential, Sequential>) -> Tensor {
    waves.upperObjective(state)
  }

  func task(_ index: Int, step: Int) throws -> TaskExamples { try waves.task(index, step: step) }
}
