import Foundation
import MessagePassing
import Problems
import TestSupport
import Testing
import Training

/// Runs that start from parameters in a file.
struct InitialTests {
  private func withFile(_ file: TensorFile, _ body: (String) throws -> Void) throws {
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("\(UUID().uuidString).npz").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try DurableFile.publish(file.npz(named: path), at: path)
    try body(path)
  }

  private let base = [("steps", "2"), ("tasks", "3"), ("evaluation-tasks", "0")]

  @Test func theyAreTheSameOnAllRanks() throws {
    let first = try #require(
      try ProblemRun<Sinusoid>(RunRequest(base)).train(SoloCommunicator()) { _, _ in }.state)
    try withFile(first) { path in
      let none = RunRequest([("steps", "0"), ("evaluation-tasks", "0"), ("initial", path)])
      let begun = try ProblemRun<Sinusoid>(none).train(SoloCommunicator()) { _, _ in }
      #expect(begun.digest == ParameterDigest.sha256(of: first))
      let further = RunRequest(base + [("initial", path)])
      let alone = try ProblemRun<Sinusoid>(further).train(SoloCommunicator()) { _, _ in }
      #expect(alone.digest != begun.digest)
      #expect(alone.state?["setting/initial"] == path)
      let ranks = try ThreadCommunicator.values(size: 2) { ranks in
        try ProblemRun<Sinusoid>(further).train(ranks) { _, _ in }.digest
      }
      #expect(ranks == [alone.digest, alone.digest])
    }
  }

  @Test func parametersThatAreNotFiniteAreRefused() throws {
    let run = try ProblemRun<Quadratic>(RunRequest([("steps", "0")]))
    let state = try #require(try run.train(SoloCommunicator()) { _, _ in }.state)
    var file = TensorFile(metadata: [], tensors: state.tensors)
    file.tensors = file.tensors.map {
      NamedTensor($0.name, shape: $0.shape, $0.values.map { _ in Double.nan })
    }
    try withFile(file) { path in
      let error = #expect(throws: SettingError.self) {
        try ProblemRun<Quadratic>(RunRequest([("initial", path)]))
          .train(SoloCommunicator()) { _, _ in }
      }
      #expect(error?.message.contains("a parameter is not finite") == true)
    }
  }
}
