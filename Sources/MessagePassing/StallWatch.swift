import Foundation

/// Looks at a rank's collectives from a thread of its own: names the ranks that the others wait for, and ends a job that
/// waits for too long, so that what restarts jobs can do so. Makes no call of MPI.
package struct StallWatch: Sendable {
  /// What is to be said or done about an open collective.
  package enum Verdict: Sendable, Equatable {
    case wait
    case warn(String)
    case end(String)
  }

  private let limits: StallLimits
  private let rank: Int
  private let hosts: [String]

  /// A watch on one of several ranks, whose machines are known.
  package init(_ limits: StallLimits, rank: Int, hosts: [String]) {
    self.limits = limits
    self.rank = rank
    self.hosts = hosts
  }

  /// What to make of a collective that has been open for a while.
  ///
  /// - Parameters:
  ///   - name: The collective.
  ///   - number: Its number on this rank.
  ///   - seconds: For how long it has been open.
  ///   - entered: How many collectives each rank has entered; nil where this rank is not told.
  ///   - stopped: Ranks whose processes are known to be stopped: the others may wait for them in a collective that all
  ///     have entered.
  /// - Returns: Rank 0 speaks, or rank 1 where rank 0 is late; the others end after them, in case both are late.
  package func verdict(
    _ name: String, number: Int, seconds: Double, entered: [Int]?, stopped: [Int] = []
  ) -> Verdict {
    guard seconds > min(limits.warning, limits.end) else { return .wait }
    let behind = (entered ?? []).indices.filter { entered![$0] < number }
    let late = stopped.isEmpty ? behind : stopped
    let speaks = rank == 0 || (rank == 1 && late.contains(0))
    guard speaks else {
      let grace = max(2, limits.end / 10)
      return seconds > limits.end + grace
        ? .end("rank \(rank) has waited for \(text(seconds)) in \(name); \(Self.remedy)") : .wait
    }
    let who = late.isEmpty ? "the other ranks are" : places(late)
    let waited =
      "\(who) \(stopped.isEmpty ? "late" : "stopped"): the others have waited for \(text(seconds)) in \(name)"
    return seconds > limits.end
      ? .end("\(waited); \(Self.remedy)")
      : .warn("\(waited); a task may take that long, or the process is stopped or swapped out")
  }

  /// Seconds between two looks.
  package var pause: Double { min(1, limits.warning / 4, limits.end / 4) }

  private static let remedy = "ended, to be taken up from the last checkpoint with --resume auto"

  private func text(_ seconds: Double) -> String { "\(Int(seconds)) s" }

  private func places(_ ranks: [Int]) -> String {
    let named = 4
    let list = ranks.prefix(named).map { "rank \($0) on \(hosts[$0])" }
    let others = ranks.count - list.count
    return (list + (others > 0 ? ["\(others) more"] : [])).joined(separator: ", ")
      + (ranks.count == 1 ? " is" : " are")
  }
}

/// For how long this process has been there: one that was stopped itself has not waited for the others meanwhile.
package struct Presence {
  private let pause: Double
  private let now: () -> Double
  private var since: Double
  private var lastLook: Double

  /// A process that is looked at after every pause, in seconds, by a clock that never goes back.
  package init(
    pause: Double, now: @escaping () -> Double = { ProcessInfo.processInfo.systemUptime }
  ) {
    self.pause = pause
    self.now = now
    (since, lastLook) = (-.infinity, now())
  }

  /// Notes that the process is there.
  package mutating func look() {
    let time = now()
    // A busy machine may be late by some pauses.
    if time - lastLook > 3 * pause + 1 { since = time }
    lastLook = time
  }

  /// Seconds since it was last away; infinity where it never was.
  package var seconds: Double { lastLook - since }
}

#if MPI
  extension StallWatch {
    /// Watches a communicator's collectives from now on. Collective.
    static func start(_ communicator: MPICommunicator, _ limits: StallLimits) throws {
      try communicator.openBoard()
      guard let board = communicator.board else { return }
      let watch = StallWatch(limits, rank: communicator.rank, hosts: board.hosts)
      let mark = communicator.mark
      let thread = Thread { watch.run(mark, board) }
      thread.name = "stall watch"
      thread.start()
    }

    private func run(_ mark: CollectiveMark, _ board: ProgressBoard) {
      var warned = 0
      var presence = Presence(pause: pause)
      while true {
        Thread.sleep(forTimeInterval: pause)
        presence.look()
        guard let open = mark.open else { continue }
        switch verdict(
          open.name, number: open.number, seconds: min(open.seconds, presence.seconds),
          entered: board.entered, stopped: board.stopped)
        {
        case .warn(let message) where open.number > warned:
          warned = open.number
          Log.line("warning: \(message)")
        case .end(let message):
          Log.line("error: \(message)")
          // Not MPI_Abort, which belongs to the thread that is stuck.
          _exit(ExitCode.unavailable.rawValue)
        default: break
        }
      }
    }
  }
#endif
