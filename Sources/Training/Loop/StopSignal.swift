import Foundation
import MessagePassing
import Synchronization

/// Signals that ask a run to stop at the next step boundary. Where ranks have received several, the first of these counts:
/// a launcher that is interrupted terminates the others.
public enum StopSignal: Int32, Sendable, CaseIterable {
  case interrupt, terminate, hangUp, user1

  /// The system's number.
  public var number: Int32 {
    switch self {
    case .interrupt: SIGINT
    case .terminate: SIGTERM
    case .hangUp: SIGHUP
    case .user1: SIGUSR1
    }
  }

  /// The name that people know it by.
  public var name: String { "\(staticName)" }

  fileprivate var staticName: StaticString {
    switch self {
    case .interrupt: "SIGINT"
    case .terminate: "SIGTERM"
    case .hangUp: "SIGHUP"
    case .user1: "SIGUSR1"
    }
  }

  /// The code that a run stopped by it ends with.
  public var exitCode: ExitCode { self == .interrupt ? .interrupted : .tryAgain }

  /// The first of these signals that this process has received, if any.
  public static var received: StopSignal? {
    StopSignal(rawValue: receivedSignal.load(ordering: .relaxed))
  }

  /// Has the signals noted from now on instead of ending the process. A second SIGINT ends it at once. What `nohup` has
  /// the process ignore stays ignored.
  public static func watch() {
    receivedSignal.store(none, ordering: .relaxed)
    interrupts.store(0, ordering: .relaxed)
    isStored.store(false, ordering: .relaxed)
    signal(SIGCONT) { _ in isContinued.store(true, ordering: .relaxed) }
    for stop in allCases {
      let before = signal(stop.number, note)
      if stop == .hangUp, isIgnoring(before) { signal(stop.number, SIG_IGN) }
    }
  }

  /// Whether the process was told to go on since this was last asked. An mpirun that is interrupted says so to its ranks
  /// a second before it terminates them, and, interrupted again, does not terminate but drop them: a checkpoint is due.
  public static func takeContinued() -> Bool { isContinued.exchange(false, ordering: .relaxed) }

  /// Has the signals end this process from now on: what training ended with is stored, and results, which may take long,
  /// can be worked out from it. Collective.
  ///
  /// - Returns: The signal that a rank has received by now, if any; the same on every rank.
  static func afterStoring(
    _ communicator: any Communicator
  ) throws(MessagePassingError) -> StopSignal? {
    speaks.store(communicator.isRoot, ordering: .relaxed)
    isStored.store(true, ordering: .sequentiallyConsistent)
    let own = Int64(received?.rawValue ?? Int32(allCases.count))
    return StopSignal(rawValue: Int32(try communicator.minimum(own)))
  }

  private static let none: Int32 = -1

  /// Functions cannot be compared, but their addresses can.
  private static func isIgnoring(_ handler: __sighandler_t?) -> Bool {
    unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }
}

private let receivedSignal = Atomic<Int32>(-1)
private let interrupts = Atomic<Int32>(0)
private let isContinued = Atomic<Bool>(false)
private let isStored = Atomic<Bool>(false)
private let speaks = Atomic<Bool>(false)

/// All that is allowed in a handler: atomic operations, a message without a buffer, and the process's end.
private func note(_ number: Int32) {
  let stop: StopSignal
  switch number {
  case SIGINT: stop = .interrupt
  case SIGTERM: stop = .terminate
  case SIGHUP: stop = .hangUp
  case SIGUSR1: stop = .user1
  default: return
  }
  // Who insists.
  if stop == .interrupt, interrupts.add(1, ordering: .relaxed).oldValue > 0 {
    signal(number, SIG_DFL)
    raise(number)
  }
  _ = receivedSignal.compareExchange(expected: -1, desired: stop.rawValue, ordering: .relaxed)
  guard isStored.load(ordering: .sequentiallyConsistent) else { return }
  if speaks.load(ordering: .relaxed) {
    say("stopped by ")
    say(stop.staticName)
    say(" before its results; what training ended with is stored, --resume auto shows them\n")
  }
  _exit(stop.exitCode.rawValue)
}

private func say(_ text: StaticString) {
  _ = write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
}
