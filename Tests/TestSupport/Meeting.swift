import Foundation
import MessagePassing

/// Where threads meet: each brings some bytes, and when the last has come all take everyone's.
///
/// Every collective of ``ThreadCommunicator`` is one such exchange.
final class Meeting: @unchecked Sendable {
  let size: Int

  // Everything below is guarded by `condition`.
  private let condition = NSCondition()
  private var round = 0
  private var arrived: [Int: (call: String, bytes: [UInt8])] = [:]
  private var outcome: Result<[[UInt8]], MessagePassingError> = .success([])
  private var departure: (rank: Int, reason: String)?
  private var settled: Set<Int> = []
  /// Meetings of some of the ranks, by their numbers here.
  private var parts: [(meeting: Meeting, ranks: [Int])] = []

  init(size: Int) {
    self.size = size
  }

  /// Brings `bytes` and waits for all ranks.
  ///
  /// - Returns: the bytes of every rank, in rank order.
  func exchange(
    _ bytes: [UInt8], in call: String, by rank: Int
  ) throws(MessagePassingError) -> [[UInt8]] {
    condition.lock()
    defer { condition.unlock() }
    let mine = round
    arrived[rank] = (call, bytes)
    if arrived.count == size {
      finishRound()
    }
    while round == mine {
      if departure != nil { throw peerLeftLocked(in: call, on: rank) }
      condition.wait()
    }
    // No later round can have ended, for it would have needed this rank.
    return try outcome.get()
  }

  /// Adds a meeting of some of the ranks.
  func add(_ part: Meeting, of ranks: [Int]) {
    condition.withLock { parts.append((part, ranks)) }
  }

  /// Lets those who wait for `rank`, now or later, throw.
  func leave(_ rank: Int, because reason: String) {
    let parts = condition.withLock {
      departure = departure ?? (rank, reason)
      condition.broadcast()
      return self.parts
    }
    for (meeting, ranks) in parts {
      if let place = ranks.firstIndex(of: rank) { meeting.leave(place, because: reason) }
    }
  }

  /// Tells that `rank` does nothing any more.
  func settle(_ rank: Int) {
    condition.withLock {
      settled.insert(rank)
      condition.broadcast()
    }
  }

  func waitUntilSettled() {
    condition.withLock {
      while settled.count < size { condition.wait() }
    }
  }

  func peerLeft(in call: String, on rank: Int) -> MessagePassingError {
    condition.withLock { peerLeftLocked(in: call, on: rank) }
  }

  private func peerLeftLocked(in call: String, on rank: Int) -> MessagePassingError {
    let who = departure.map { "rank \($0.rank) \($0.reason)" } ?? "a rank left"
    return MessagePassingError(
      .peerLeft, "\(who) while others waited for it", rank: rank, call: call)
  }

  private func finishRound() {
    let calls = (0..<size).map { arrived[$0]!.call }
    if Set(calls).count == 1 {
      outcome = .success((0..<size).map { arrived[$0]!.bytes })
    } else {
      let list = calls.enumerated().map { "rank \($0) in \($1)" }.joined(separator: ", ")
      outcome = .failure(MessagePassingError(.callsDiffer, "calls differ: \(list)"))
    }
    arrived = [:]
    round += 1
    condition.broadcast()
  }
}
