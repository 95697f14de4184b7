import MessagePassing
import Training

/// Stores a run's checkpoints when they are due, and bears with some that fail, for want of room say. Rank 0's alone.
final class CheckpointStore {
  private let folder: RunFolder
  private let unfinished: UnfinishedStep
  private let schedule: CheckpointSchedule
  private let voice: SessionVoice
  private let clock = ContinuousClock()
  private var last: ContinuousClock.Instant
  private var failures = 0
  /// Checkpoints in a row that may fail before the run ends.
  private static let mostFailures = 3

  init(_ folder: RunFolder, _ schedule: CheckpointSchedule, _ voice: SessionVoice) {
    self.folder = folder
    unfinished = UnfinishedStep(folder)
    self.schedule = schedule
    self.voice = voice
    last = clock.now
  }

  /// Whether a checkpoint is due after a step.
  func isDue(after step: Int) -> Bool {
    let elapsed = Double(last.duration(to: clock.now).components.seconds)
    return schedule.isDue(after: step, elapsed: elapsed) || StopSignal.takeContinued()
      // A folder that is gone is found out by storing.
      || !folder.isInPlace
  }

  /// Keeps what makes the state after a step, for a request to stop in the midst of the next one.
  func keep(_ content: @escaping @Sendable () -> TensorFile, step: Int) {
    unfinished.begin(after: step, content)
  }

  /// Forgets what was kept: the last step is made.
  func finish() { unfinished.end {} }

  /// Stores a checkpoint.
  ///
  /// - Parameters:
  ///   - state: The state.
  ///   - step: The step that it is after.
  ///   - isLast: Whether the run stops with it.
  /// - Throws: `StateError` where it cannot be stored, and there is no later one that may be.
  func store(_ state: TensorFile, step: Int, isLast: Bool) throws(StateError) {
    last = clock.now
    do throws(StateError) {
      voice.warnOnce(
        try unfinished.end { () throws(StateError) in
          try folder.storeCheckpoint(state, step: step)
        })
      voice.note("checkpoint stored", ["step": "\(step)"])
      failures = 0
    } catch {
      failures += 1
      let isBorne = error.code == .notWritten && failures < Self.mostFailures && !isLast
      guard isBorne else { throw error }
      voice.warn("\(error); the checkpoint before it is kept")
    }
  }
}
