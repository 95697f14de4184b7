/// How a process tells scripts and schedulers why it ended; the numbers are those of
/// `sysexits.h`, and 128 + SIGINT.
///
/// Every rank must leave with the same code, for a launcher reports that of whichever rank ends
/// first. ``Communicator/agreeing(_:)`` makes an error, and with it the code, common to all ranks.
public enum ExitCode: Int32, Sendable, CaseIterable {
  /// The work is done.
  case success = 0
  /// The command line is wrong: correct it.
  case usage = 64
  /// The data, or what was computed from them, are unusable: correct the data.
  case dataError = 65
  /// A file is missing or cannot be read on some rank: correct the paths.
  case noInput = 66
  /// A rank or service cannot be reached: submit the job again.
  case unavailable = 69
  /// The program broke a promise of its own: report it.
  case software = 70
  /// Writing failed: make room, then resume.
  case inputOutput = 74
  /// Stopped early with a complete checkpoint: submit the job again.
  case tryAgain = 75
  /// The configuration, or the way of starting, is wrong: correct it.
  case configuration = 78
  /// Interrupted from the keyboard, with a complete checkpoint.
  case interrupted = 130
}

/// An error that knows the code its process should exit with.
public protocol ExitCoded: Error {
  /// The code to exit with.
  var exitCode: ExitCode { get }
}

/// An error that every rank throws alike, with the same text and code.
///
/// It lets ``Launch`` report once instead of once a rank.
public protocol CommonError: ExitCoded {}

extension ExitCode {
  /// The code to exit with after `error`: its own if it has one, otherwise ``software``.
  public init(for error: any Error) {
    self = (error as? any ExitCoded)?.exitCode ?? .software
  }
}
