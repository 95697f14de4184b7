import Foundation
import Synchronization
import Training

/// Stores what the last finished step left where a run is told to stop in the midst of a long one: an mpirun that is
/// interrupted kills its ranks two seconds later, and what the step would store at its end would be lost. Rank 0's alone.
final class UnfinishedStep: Sendable {
  private struct Kept {
    let step: Int
    let content: @Sendable () -> TensorFile
  }

  private let folder: RunFolder
  /// Nil where it is stored, or there is nothing; locked for as long as a checkpoint is written.
  private let kept = Mutex<Kept?>(nil)
  private let isListening = Atomic<Bool>(false)
  /// Seconds that the step has to end by itself.
  private static let patience = 0.3

  init(_ folder: RunFolder) { self.folder = folder }

  /// Another step is being made.
  ///
  /// - Parameters:
  ///   - step: The steps that are finished.
  ///   - content: What makes the state after them.
  func begin(after step: Int, _ content: @escaping @Sendable () -> TensorFile) {
    kept.withLock { $0 = Kept(step: step, content: content) }
    if !isListening.exchange(true, ordering: .relaxed) {
      Thread.detachNewThread { [self] in listen() }
    }
  }

  /// The step is finished, and what it left is stored now: the state before it is not needed any more.
  func end<Result, Failure: Error>(_ store: () throws(Failure) -> Result) throws(Failure) -> Result
  where Result: Sendable {
    try kept.withLock { kept throws(Failure) in
      kept = nil
      return try store()
    }
  }

  private func listen() {
    while StopSignal.wait() {
      Thread.sleep(forTimeInterval: Self.patience)
      storeKept()
    }
  }

  /// A failure is left to the checkpoint at the step's end, which says it.
  private func storeKept() {
    kept.withLock { kept in
      guard let last = kept else { return }
      do { _ = try folder.storeCheckpoint(last.content(), step: last.step) } catch { return }
      kept = nil
      guard StopSignal.received != nil else { return }
      // Progress may stand in an open line.
      StandardStream.error.write(isatty(STDERR_FILENO) != 0 ? "\n" : "")
      StandardStream.error.writeLine(
        "the state after step \(last.step) is stored; step \(last.step + 1) is made to its end, "
          + "unless the run is ended before")
    }
  }
}
