import Foundation

/// The time in which ranks can talk: opens the communicator that fits the way this process was
/// started, and closes it.
///
/// A process without a launcher gets a ``SoloCommunicator`` and never starts MPI. A launched one
/// starts MPI, and all its collectives must then be made from the thread that opened it.
public struct MPIEnvironment: ~Copyable {
  /// The ranks started together, this one among them.
  public let communicator: any Communicator
  /// How this process was started.
  public let context: LaunchContext
  /// Whether MPI was started here: who starts it ends it.
  private let startedMPI: Bool

  /// Opens the communicator.
  ///
  /// - Parameter environment: this process's environment.
  /// - Throws: ``MessagePassingError`` of code `wrongLauncher` if the launcher started several
  ///   processes and the library (or its absence) makes each of them one of one; `notStarted` if MPI cannot be
  ///   started; `callFailed` if another call of it fails.
  public init(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(MessagePassingError) {
    context = LaunchContext(environment: environment)
    #if MPI
      guard context.launcher != .none || MPILibrary.isRunning else {
        communicator = SoloCommunicator()
        startedMPI = false
        return
      }
      startedMPI = !MPILibrary.isRunning
      if startedMPI {
        if let error = LaunchContext.leftOver(environment, isThere: \.isThere) { throw error }
        // Should the launcher turn out to be another library's, Open MPI must not fork a daemon.
        setenv("OMPI_MCA_ess_singleton_isolated", "1", 0)
        try MPILibrary.start()
      }
      let world = try MPICommunicator()
      if let error = context.mismatch(reportedSize: world.size, library: MPILibrary.name) {
        // Alone in its world, this rank has nobody to wait for.
        if startedMPI { try MPILibrary.finish() }
        throw error
      }
      communicator = world
    #else
      if let error = context.mismatchWithoutMPI() { throw error }
      communicator = SoloCommunicator()
      startedMPI = false
    #endif
  }

  /// Closes the communicator: for ranks whose work succeeded. Collective.
  ///
  /// A rank that failed leaves through ``fail(_:)`` instead, since the others may never get here.
  ///
  /// - Throws: ``MessagePassingError`` where a call of the library fails.
  public consuming func finish() throws(MessagePassingError) {
    #if MPI
      try (communicator as? MPICommunicator)?.close()
      if startedMPI { try MPILibrary.finish() }
    #endif
  }

  /// Watches the ranks for one that keeps the others waiting, from now to the process's end. Collective.
  func watch(_ limits: StallLimits) throws {
    #if MPI
      guard let communicator = communicator as? MPICommunicator, communicator.size > 1 else {
        return
      }
      try StallWatch.start(communicator, limits)
    #endif
  }

  /// Waits until the launcher, if there is one, has read what this rank said: on learning that a rank failed it ends the
  /// others, and what it has not read by then is lost.
  borrowing func waitForLauncher() {
    if context.launcher != .none { Log.waitForReader() }
  }

  /// Reports `error` in one line on standard error and ends all ranks with its exit code.
  ///
  /// An error common to all ranks is reported by rank 0 alone, and nobody leaves before it was.
  public consuming func fail(_ error: any Error) -> Never {
    let isCommon = error is any CommonError
    if !isCommon || communicator.isRoot {
      Log.error(error, on: isCommon ? nil : communicator)
    }
    waitForLauncher()
    if isCommon {
      try? communicator.barrier()
    }
    communicator.abort(code: ExitCode(for: error))
  }
}
