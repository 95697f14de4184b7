import Foundation

/// The main function of a program that may run on many ranks.
public enum Launch {
  /// Opens the communicator, runs `body`, and exits.
  ///
  /// Standard streams that are closed stand for /dev/null from here on, and signals about writing (SIGPIPE, SIGXFSZ) that
  /// nothing handles are errors of the call instead.
  ///
  /// If `body` returns, on every rank, the ranks part in order and exit with the code it gave,
  /// which must be the same on all of them. If it throws, one line on standard error says why and
  /// all ranks end with the error's code, without waiting for each other: some may be stuck in a
  /// collective that the failed rank never reaches.
  ///
  /// - Parameters:
  ///   - environment: this process's environment.
  ///   - stall: how long ranks wait for each other; one rank alone is not watched.
  ///   - body: the program, from its communicator to the code to exit with. Runs on the calling thread, which should
  ///     be the main one.
  public static func run(
    environment: [String: String] = ProcessInfo.processInfo.environment,
    stall: StallLimits = .standard, _ body: (any Communicator) throws -> ExitCode
  ) -> Never {
    ProcessStart.prepare()
    let ranks: MPIEnvironment
    do {
      ranks = try MPIEnvironment(environment: environment)
    } catch {
      Log.error(error, on: nil)
      exit(error.exitCode.rawValue)
    }
    let code: ExitCode
    do {
      try ranks.watch(stall)
      code = try body(ranks.communicator)
    } catch {
      ranks.fail(error)
    }
    // Launchers take any other code for a failure.
    if code != .success {
      ranks.waitForLauncher()
      try? ranks.communicator.barrier()
    }
    do {
      try ranks.finish()
    } catch {
      Log.error(error, on: nil)
      exit(error.exitCode.rawValue)
    }
    exit(code.rawValue)
  }
}
