import MessagePassing
import Problems
import TestSupport
import Training

/// What a rank saw of a training.
struct TrainingRecord: Sendable, Equatable {
  /// The upper parameters' bits.
  let bits: [UInt64]
  let summaries: [StepSummary]
  let digest: String

  /// Makes all steps of a training on one rank.
  init<P: Problem>(
    _: P.Type, _ own: P.Settings, _ settings: TrainingSettings, _ communicator: any Communicator
  ) throws {
    let problem = try P(own, seed: UInt64(settings.seed))
    let trainer = try Trainer(problem, settings, communicator)
    summaries = try (0..<settings.steps).map { _ in try trainer.makeStep() }
    bits = problem.upperModel.values.map(\.bitPattern)
    digest = ParameterDigest.sha256(of: problem.upperModel)
  }

  /// As many ranks' records.
  static func ranks<P: Problem>(
    _ size: Int, _: P.Type, _ own: P.Settings, _ settings: TrainingSettings
  ) throws -> [TrainingRecord] {
    try ThreadCommunicator.values(size: size) {
      try TrainingRecord(P.self, own, settings, $0)
    }
  }
}
