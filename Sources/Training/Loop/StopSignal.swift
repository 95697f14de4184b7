import Foundation
import MessagePassing
import Synchronization

/// Signals that ask a run to stop at the next step boundary.
public enum StopSignal: Int32, Sendable, CaseIterable {
  case user1, terminate, interrupt

  /// The system's number.
  public var number: Int32 {
    switch self {
    case .user1: SIGUSR1
    case .terminate: SIGTERM
    case .interrupt: SIGINT
    }
  }

  /// The name that people know it by.
  public var name: String {
    switch self {
    case .user1: "SIGUSR1"
    case .terminate: "SIGTERM"
    case .interrupt: "SIGINT"
    }
  }

  /// The code that a run stopped by it ends with.
  public var exitCode: ExitCode { self == .interrupt ? .interrupted : .tryAgain }

  /// The signal that this process has received, if any.
  public static var received: StopSignal? {
    StopSignal(rawValue: receivedSignal.load(ordering: .relaxed))
  }

  /// Has the signals noted from now on instead of ending the process. A second SIGINT ends it at once.
  public static func watch() {
    receivedSignal.store(none, ordering: .relaxed)
    for stop in allCases { signal(stop.number, note) }
    // Files that may not grow, and readers that are gone, are errors of writing, not ends of the run.
    signal(SIGXFSZ, SIG_IGN)
    signal(SIGPIPE, SIG_IGN)
  }

  private static let none: Int32 = -1
}

private let receivedSignal = Atomic<Int32>(-1)

/// All that is allowed in a handler: an atomic store, and the default action for who insists.
private func note(_ number: Int32) {
  let stop: StopSignal
  switch number {
  case SIGUSR1: stop = .user1
  case SIGTERM: stop = .terminate
  case SIGINT: stop = .interrupt
  default: return
  }
  if stop == .interrupt, receivedSignal.load(ordering: .relaxed) == StopSignal.interrupt.rawValue {
    signal(number, SIG_DFL)
    raise(number)
  }
  receivedSignal.store(stop.rawValue, ordering: .relaxed)
}
