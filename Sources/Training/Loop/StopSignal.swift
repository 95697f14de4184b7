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

  /// Answers the signals from now on: before the first step and after the last by the process's end, in between by noting
  /// them, and then by the process's end on a second SIGINT. What `nohup` has the process ignore stays ignored.
  ///
  /// - Parameter isSpeaking: Whether this rank says so when it ends.
  public static func watch(speaks isSpeaking: Bool) {
    receivedSignal.store(none, ordering: .relaxed)
    interrupts.store(0, ordering: .relaxed)
    speaks.store(isSpeaking, ordering: .relaxed)
    makeBell()
    phase.store(Phase.preparing, ordering: .sequentiallyConsistent)
    signal(SIGCONT) { _ in
      isContinued.store(true, ordering: .relaxed)
      ring()
    }
    for stop in allCases {
      let before = signal(stop.number, note)
      if stop == .hangUp, isIgnoring(before) { signal(stop.number, SIG_IGN) }
    }
  }

  /// Whether the process was told to go on since this was last asked. An mpirun that is interrupted says so to its ranks
  /// a second before it terminates them, and, interrupted again, does not terminate but drop them: a checkpoint is due.
  public static func takeContinued() -> Bool { isContinued.exchange(false, ordering: .relaxed) }

  /// Waits until the process is told to stop, or to go on, while steps are made; for a thread of its own. Not for ever
  /// where ``watch(speaks:)`` was not called.
  ///
  /// - Returns: Whether it was told so; false where nobody can say it.
  public static func wait() -> Bool {
    var byte: UInt8 = 0
    while true {
      let count = read(bellOutput.load(ordering: .relaxed), &byte, 1)
      if count > 0 { return true }
      if count == 0 || errno != EINTR { return false }
    }
  }

  /// A pipe: writing into one is allowed in handlers.
  private static func makeBell() {
    guard bellOutput.load(ordering: .relaxed) < 0 else { return }
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    // A storm of signals must not wait for who listens.
    _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
    bellOutput.store(ends[0], ordering: .relaxed)
    bellInput.store(ends[1], ordering: .relaxed)
  }

  /// Notes the signals from now on.
  static func startSteps() { phase.store(Phase.steps, ordering: .sequentiallyConsistent) }

  /// Has the signals end this process from now on: what training ended with is stored, and results, which may take long,
  /// can be worked out from it. Collective.
  ///
  /// - Returns: The signal that a rank has received by now, if any; the same on every rank.
  static func afterStoring(
    _ communicator: any Communicator
  ) throws(MessagePassingError) -> StopSignal? {
    phase.store(Phase.results, ordering: .sequentiallyConsistent)
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
private let bellOutput = Atomic<Int32>(-1)
private let bellInput = Atomic<Int32>(-1)
private let phase = Atomic<Int32>(Phase.preparing)
private let speaks = Atomic<Bool>(false)

/// What a run is about.
private enum Phase { static let (preparing, steps, results) = (Int32(0), Int32(1), Int32(2)) }

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
  let phase = phase.load(ordering: .sequentiallyConsistent)
  guard phase != Phase.steps else { return ring() }
  if speaks.load(ordering: .relaxed) {
    say("stopped by ")
    say(stop.staticName)
    say(
      phase == Phase.preparing
        ? " before the first step; nothing is lost\n"
        : " before its results; what training ended with is stored, --resume auto shows them\n")
  }
  _exit(stop.exitCode.rawValue)
}

/// Wakes who waits for a signal.
private func ring() {
  var byte: UInt8 = 1
  let number = errno
  _ = write(bellInput.load(ordering: .relaxed), &byte, 1)
  errno = number
}

private func say(_ text: StaticString) {
  _ = write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
}
