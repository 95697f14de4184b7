import Foundation
import MessagePassing
import Testing

@Suite struct StallWatchTests {
  private let limits = StallLimits(warning: 60, end: 600)

  private func verdict(
    _ rank: Int, _ seconds: Double, _ entered: [Int]?, hosts: [String] = ["a", "b", "c"]
  ) -> StallWatch.Verdict {
    StallWatch(limits, rank: rank, hosts: hosts)
      .verdict("MPI_Allreduce", number: 12, seconds: seconds, entered: entered)
  }

  private func text(_ verdict: StallWatch.Verdict) -> String {
    switch verdict {
    case .wait: "wait"
    case .warn(let text): "warn: \(text)"
    case .end(let text): "end: \(text)"
    }
  }

  @Test func shortWaitsAreNothing() {
    #expect(verdict(0, 59, [12, 12, 11]) == .wait)
  }

  @Test func theLateRankIsNamedByRankZero() {
    let warning = text(verdict(0, 61, [12, 12, 11]))
    #expect(warning.hasPrefix("warn: rank 2 on c is late: the others have waited for 61 s in MPI_"))
    #expect(verdict(1, 61, [12, 12, 11]) == .wait)
    #expect(verdict(2, 61, nil) == .wait)
    #expect(text(verdict(0, 61, [12, 9, 11])).contains("rank 1 on b, rank 2 on c are late"))
  }

  @Test func whereNobodyKnowsWhoIsLateRankZeroSaysSo() {
    #expect(text(verdict(0, 61, nil)).hasPrefix("warn: the other ranks are late: "))
    #expect(text(verdict(0, 601, nil)).hasPrefix("end: the other ranks are late: "))
  }

  @Test func aLateRankZeroIsNamedByRankOne() {
    #expect(text(verdict(1, 61, [11, 12, 12])).hasPrefix("warn: rank 0 on a is late"))
  }

  /// In a collective that all have entered, counts tell nothing.
  @Test func aStoppedRankIsNamedWhereverItStands() {
    let watch = StallWatch(limits, rank: 0, hosts: ["a", "b", "c"])
    let stopped = watch.verdict(
      "MPI_Allreduce", number: 12, seconds: 61, entered: [12, 12, 12], stopped: [2])
    #expect(text(stopped).hasPrefix("warn: rank 2 on c is stopped: the others have waited"))
    // Those that wait for it elsewhere are not to blame.
    let other = watch.verdict(
      "MPI_Allreduce", number: 12, seconds: 61, entered: [12, 11, 12], stopped: [2])
    #expect(text(other).hasPrefix("warn: rank 2 on c is stopped: "))
    let second = StallWatch(limits, rank: 1, hosts: ["a", "b", "c"])
    let root = second.verdict(
      "MPI_Allreduce", number: 12, seconds: 61, entered: [12, 12, 12], stopped: [0])
    #expect(text(root).hasPrefix("warn: rank 0 on a is stopped: "))
  }

  @Test func aProcessKnowsHowLongItWasAway() {
    var time = 100.0
    var presence = Presence(pause: 1, now: { time })
    for _ in 0..<5 {
      time += 1.5
      presence.look()
    }
    #expect(presence.seconds == .infinity)
    time += 30
    presence.look()
    #expect(presence.seconds == 0)
    time += 1
    presence.look()
    #expect(presence.seconds == 1)
  }

  @Test func aStoppedProcessIsSeen() throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sleep")
    process.arguments = ["60"]
    try process.run()
    defer { process.terminate() }
    let own = RankProcess.current(on: "n1")
    let numbering = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")
    func rank(_ host: String, _ numbering: String) -> RankProcess {
      RankProcess(host: host, number: process.processIdentifier, numbering: numbering)
    }
    let sleeper = rank("n1", numbering)
    #expect(!sleeper.isStopped(seenBy: own))
    kill(process.processIdentifier, SIGSTOP)
    defer { kill(process.processIdentifier, SIGCONT) }
    let limit = Date(timeIntervalSinceNow: 10)
    while !sleeper.isStopped(seenBy: own), Date() < limit { usleep(1000) }
    #expect(sleeper.isStopped(seenBy: own))
    // On other machines, and in other containers, the number is another process's.
    #expect(!rank("n2", numbering).isStopped(seenBy: own))
    #expect(!rank("n1", "pid:[1]").isStopped(seenBy: own))
    #expect(!own.isStopped(seenBy: own))
  }

  @Test func manyLateRanksAreCounted() {
    let hosts = (0..<9).map { "n\($0)" }
    let text = text(verdict(0, 61, [12] + Array(repeating: 11, count: 8), hosts: hosts))
    #expect(text.contains("rank 4 on n4, 4 more are late"), "\(text)")
  }

  @Test func afterTheLimitEveryRankEnds() {
    let end = text(verdict(0, 601, [12, 12, 11]))
    #expect(end.hasPrefix("end: rank 2 on c is late") && end.contains("--resume auto"))
    // Those who do not speak leave the word to those who do.
    #expect(verdict(2, 601, nil) == .wait)
    #expect(text(verdict(2, 661, nil)).hasPrefix("end: rank 2 has waited for 661 s"))
  }

  /// Whoever wants no warning still gets the end.
  @Test func theLimitHoldsWithoutAWarning() {
    for warning in [700, Double.infinity] {
      let watch = StallWatch(
        StallLimits(warning: warning, end: 600), rank: 0, hosts: ["a", "b"])
      func verdict(_ seconds: Double) -> String {
        text(watch.verdict("MPI_Bcast", number: 3, seconds: seconds, entered: [3, 2]))
      }
      #expect(verdict(599) == "wait")
      #expect(verdict(601).hasPrefix("end: rank 1 on b is late"))
      #expect(watch.pause == 1)
    }
    let patient = StallWatch(
      StallLimits(warning: .infinity, end: .infinity), rank: 0, hosts: ["a", "b"])
    #expect(patient.verdict("MPI_Bcast", number: 3, seconds: 1e9, entered: [3, 2]) == .wait)
    let hasty = StallWatch(StallLimits(warning: 60, end: 0.4), rank: 0, hosts: ["a", "b"])
    #expect(hasty.pause == 0.1)
  }

  @Test func aMarkKnowsTheOpenCollective() throws {
    let mark = CollectiveMark()
    #expect(mark.open == nil)
    #expect(mark.enter("MPI_Bcast") == 1)
    let open = try #require(mark.open)
    #expect(open.number == 1 && open.name == "MPI_Bcast" && open.seconds >= 0)
    mark.leave()
    #expect(mark.open == nil)
    #expect(mark.enter("MPI_Barrier") == 2)
  }
}
