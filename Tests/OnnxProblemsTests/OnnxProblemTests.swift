import BilevelOptimization
import Foundation
import MessagePassing
import OnnxProblems
import Problems
import Tensors
import Testing
import Training

/// A problem that PyTorch exported is PyTorch's; `Fixtures/problem.py` writes it and what is expected.
@Suite struct OnnxProblemTests {
  private struct Expected: Decodable {
    let lower: [String: [Double]]
    let hypergradient: [String: [Double]]
  }

  private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Fixtures")
  private static let folder = fixtures.appendingPathComponent("problem").path

  private func expected() throws -> Expected {
    try JSONDecoder().decode(
      Expected.self, from: Data(contentsOf: Self.fixtures.appendingPathComponent("expected.json")))
  }

  /// The arrays of a results file by PyTorch's names.
  private func arrays(_ results: ResultArrays) -> [String: [Double]] {
    Dictionary(
      results.arrays.map { ($0.name, $0.values) }, uniquingKeysWith: { first, _ in first })
  }

  private func isNear(_ a: [Double], _ b: [Double]) -> Bool {
    let scale = b.map(abs).max() ?? 0
    return a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= 1e-9 * max(scale, 1e-3) }
  }

  @Test func adaptationAndHypergradientAreThoseOfPyTorch() throws {
    let problem = try OnnxProblem(Self.folder)
    let implicit = try Implicit(
      upperObjective: { try problem.upperObjective($0) }, upperModel: problem.upperModel,
      lowerObjective: { try problem.lowerObjective($0) }, lowerModel: problem.lowerModel,
      lowerLearningRate: 0.1, k: 3, method: .linearSystem, precision: .double)
    let optimizer = try GradientDescent(learningRate: 0.1, steps: 5)
    let task = try problem.task(0, step: 0)
    let adapted = try optimizer.adapt(implicit, train: task.train)
    problem.upperModel.clearGradients()
    _ = try implicit.computeGradients(
      validate: task.validate, auxiliaryModel: adapted, train: task.train)
    let expected = try expected()
    let files = try problem.files(Adaptation(implicit, optimizer, from: .lowerModel))
    #expect(files.map(\.file) == ["upper.safetensors", "lower.safetensors"])
    let lower = arrays(files[1])
    for (name, values) in expected.lower { #expect(isNear(lower[name] ?? [], values), "\(name)") }
    // Buffers come along, so that load_state_dict finds all it looks for.
    #expect(lower["norm.running_mean"]?.count == 3 && lower["norm.num_batches_tracked"] == [0])
    problem.upperModel.values = problem.upperModel.gradients
    let gradient = arrays(try problem.files(Adaptation(implicit, optimizer, from: .lowerModel))[0])
    for (name, values) in expected.hypergradient {
      #expect(isNear(gradient[name] ?? [], values), "\(name)")
    }
  }

  @Test func aRunLeavesFilesForPyTorch() throws {
    let run = try ProblemRun<OnnxProblem>(
      RunRequest([("folder", Self.folder), ("steps", "2"), ("lower-steps", "3")]))
    let outcome = try run.train(SoloCommunicator()) { _, _ in }
    #expect(outcome.files.map(\.name) == ["upper.safetensors", "lower.safetensors"])
    let lower = try #require(outcome.files.last?.content)
    let filters = try #require(lower.tensors.first { $0.name == "conv.weight" })
    #expect(filters.shape == [3, 2, 3, 3] && filters.type == .double)
    let count = try #require(lower.tensors.first { $0.name == "norm.num_batches_tracked" })
    #expect(count.type == .integer && count.shape.isEmpty)
  }

  /// Where upper steps go on from the last one's lower model, that one is the run's: nobody trained another.
  @Test func theLowerFileHasWhatTheRunKept() throws {
    let settings = [("folder", Self.folder), ("steps", "3"), ("lower-steps", "2")]
    let run = try ProblemRun<OnnxProblem>(RunRequest(settings + [("start", "previous")]))
    let outcome = try run.train(SoloCommunicator()) { _, _ in }
    let kept = try #require(outcome.state?.tensors.first { $0.name == "lower/0/w" }).values
    let expected = try OnnxProblem(Self.folder).lowerResults(kept).arrays
    func lower(_ outcome: RunOutcome) throws -> [[Double]] {
      try #require(outcome.files.last).content.tensors.map(\.values)
    }
    #expect(try lower(outcome) == expected.map(\.values))
    let anew = try ProblemRun<OnnxProblem>(RunRequest(settings)).train(SoloCommunicator()) { _, _ in
    }
    #expect(try lower(anew) != expected.map(\.values))
  }

  @Test func batchesAreRowsOfAllThatGoesByRow() throws {
    let run = try ProblemRun<OnnxProblem>(
      RunRequest([
        ("folder", Self.folder), ("steps", "1"), ("lower-steps", "3"), ("batch", "4"),
      ]))
    _ = try run.train(SoloCommunicator()) { summary, _ in #expect(summary.upperLoss.isFinite) }
  }

  @Test func whatIsMissingIsNamed() {
    #expect(throws: SettingError.self) { try OnnxProblem("") }
    #expect(throws: (any Error).self) { try OnnxProblem("/nowhere") }
  }

  /// Each task comes once in a step, by chance or in turns, and the same again whoever asks.
  @Test func tasksTakeTurns() throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("tasks-\(UUID().uuidString)")
    try FileManager.default.copyItem(atPath: Self.folder, toPath: folder.path)
    defer { try? FileManager.default.removeItem(at: folder) }
    let tasks = folder.appendingPathComponent("tasks")
    for number in 1..<5 {
      try FileManager.default.copyItem(
        at: tasks.appendingPathComponent("0.safetensors"),
        to: tasks.appendingPathComponent("\(number).safetensors"))
    }
    var settings = OnnxSettings()
    settings.folder = folder.path
    let drawn = try OnnxProblem(settings, seed: 3)
    let orders = (0..<20).map { step in (0..<5).map { drawn.identity(ofTask: $0, step: step) } }
    #expect(orders.allSatisfy { $0.sorted() == Array(0..<5) })
    #expect(Set(orders).count > 10)
    #expect(Set((0..<40).map { drawn.identity(ofTask: 0, step: $0) }).count == 5)
    settings.order = .turns
    let turns = try OnnxProblem(settings, seed: 3)
    #expect((0..<3).map { turns.identity(ofTask: $0, step: 4) } == [4, 0, 1])
    #expect(throws: SettingError.self) { try turns.task(5, step: 0) }
  }

  @Test func aStepHasNoMoreTasksThanThereAre() throws {
    #expect(throws: SettingError.self) { try OnnxProblem(Self.folder).task(1, step: 0) }
  }
}
