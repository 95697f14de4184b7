import Foundation
import MessagePassing
import Problems
import Training

/// A short training over the ranks, and what it stores.
enum TrainingChecks {
  static let all = [
    Check("training over the ranks has one rank's bits", .together(sameBits)),
    Check("a checkpoint is read back, a damaged one refused", .alone(checkpoint)),
  ]

  private static func run(_ steps: Int) throws -> ProblemRun<Sinusoid> {
    try ProblemRun<Sinusoid>(
      RunRequest([("steps", "\(steps)"), ("tasks", "5"), ("evaluation-tasks", "0")]))
  }

  @Sendable private static func sameBits(_ ranks: any Communicator) throws -> Check.Figure {
    let together = try run(5).train(ranks) { _, _ in }.digest
    let alone = try ranks.agreeing { try run(5).train(SoloCommunicator()) { _, _ in }.digest }
    return Check.Figure(together == alone ? 0 : 1, atMost: 0)
  }

  /// Files of every rank's own, which are removed.
  @Sendable private static func checkpoint() throws -> Check.Figure {
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("igbm-dist-verify-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    guard let state = try run(1).train(SoloCommunicator(), observe: { _, _ in }).state else {
      throw CheckFailure(message: "a run left no state")
    }
    let folder = try RunFolder(locking: path)
    try folder.storeCheckpoint(state, step: 1)
    var wrong = folder.newestState().state?.bytes == state.encoded() ? 0 : 1
    var damaged = state.encoded()
    damaged[damaged.count - 1] ^= 1
    try DurableFile.publish(damaged, at: folder.checkpointPath(1))
    let (newest, ignored) = folder.newestState()
    wrong += newest == nil && ignored.count == 1 ? 0 : 1
    return Check.Figure(Double(wrong), atMost: 0)
  }
}
