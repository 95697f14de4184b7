import Foundation

/// What a process does before it opens its first file.
package enum ProcessStart {
  /// Gives closed standard streams something to stand for, and makes failures of writing errors instead of the process's
  /// end. May be called again.
  package static func prepare() {
    openStandardStreams()
    // Files that may not grow, and readers that are gone.
    for number in [SIGXFSZ, SIGPIPE] {
      var action = sigaction()
      sigaction(number, nil, &action)
      if action.__sigaction_handler.sa_handler == nil { signal(number, SIG_IGN) }
    }
  }

  /// Lets signals of faults that others send end the process: for programs that are all of this package's, and have no
  /// handlers of their own.
  package static func answerSentSignals() { SentSignals.endTheProcess() }

  /// The next file that is opened would get the number of a stream that is closed, and what is said would go into it.
  private static func openStandardStreams() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
      // The lowest free number, which is this one.
      guard open("/dev/null", O_RDWR) == descriptor else { _exit(ExitCode.inputOutput.rawValue) }
    }
  }
}

/// Signals of faults, where they come from outside.
///
/// The Swift runtime shows where the program was, and returns: after a fault of its own the process then ends at the
/// same instruction, after a signal that was sent it would go on.
private enum SentSignals {
  private static let numbers = [SIGQUIT, SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP]

  /// Lets them end the process as they do without a handler.
  static func endTheProcess() {
    for number in numbers where runtimeHandlers[Int(number)] == nil {
      var action = sigaction()
      guard sigaction(number, nil, &action) == 0, let handler = action.withInformation else {
        continue
      }
      runtimeHandlers[Int(number)] = handler
      action.__sigaction_handler.sa_sigaction = handle
      sigaction(number, &action, nil)
    }
  }
}

private typealias Handler =
  @convention(c) (Int32, UnsafeMutablePointer<siginfo_t>?, UnsafeMutableRawPointer?) -> Void

/// By number. Written before any of the handlers is in place, and read by them.
nonisolated(unsafe) private var runtimeHandlers = [Handler?](repeating: nil, count: 65)

extension sigaction {
  /// The handler, if there is one that is told about the signal.
  fileprivate var withInformation: Handler? {
    let isDefault = __sigaction_handler.sa_handler == nil
    return isDefault || sa_flags & SA_SIGINFO == 0 ? nil : __sigaction_handler.sa_sigaction
  }
}

private func handle(
  _ number: Int32, _ information: UnsafeMutablePointer<siginfo_t>?,
  _ context: UnsafeMutableRawPointer?
) {
  // The kernel's own codes are above 0.
  if let information, information.pointee.si_code > 0 {
    runtimeHandlers[Int(number)]?(number, information, context)
  } else {
    signal(number, SIG_DFL)
    raise(number)
  }
}
