import Foundation
import MessagePassing

/// A communicator among the threads of one process, so that most tests of many ranks need no
/// launcher.
///
/// Stricter than MPI: ranks whose calls differ all get an error instead of hanging, and so does
/// whoever waits for a rank that has left.
package final class ThreadCommunicator: Communicator {
  package let rank: Int
  package var size: Int { meeting.size }
  package let hostName = localHostName()
  private let meeting: Meeting

  fileprivate init(rank: Int, meeting: Meeting) {
    self.rank = rank
    self.meeting = meeting
  }

  package func barrier() throws(MessagePassingError) {
    _ = try exchange("barrier")
  }

  package func broadcast(
    _ bytes: UnsafeMutableRawBufferPointer, from root: Int
  ) throws(MessagePassingError) {
    try checkRoot(root)
    let call = "broadcast of \(bytes.count) bytes from \(root)"
    let given = try exchange(call, rank == root ? Array(bytes) : [])
    if rank != root {
      bytes.copyBytes(from: given[root])
    }
  }

  package func reduce(
    _ values: UnsafeMutableBufferPointer<Int64>, by operation: Reduction
  ) throws(MessagePassingError) {
    switch operation {
    case .sum: try combine(values, "sum", by: &+)
    case .maximum: try combine(values, "maximum", by: max)
    case .minimum: try combine(values, "minimum", by: min)
    }
  }

  package func sum(_ values: UnsafeMutableBufferPointer<Double>) throws(MessagePassingError) {
    try combine(values, "sum", by: +)
  }

  package func sum(_ values: UnsafeMutableBufferPointer<Float>) throws(MessagePassingError) {
    try combine(values, "sum", by: +)
  }

  package func gather(_ bytes: UnsafeRawBufferPointer) throws(MessagePassingError) -> [[UInt8]] {
    try exchange("gather", Array(bytes))
  }

  package func counter() throws(MessagePassingError) -> (any SharedCounter)? {
    // Rank 0's object: it lives until all have it.
    let own = ThreadCounter()
    defer { withExtendedLifetime(own) {} }
    let root = try broadcast(UInt(bitPattern: Unmanaged.passUnretained(own).toOpaque()))
    let shared = Unmanaged<ThreadCounter>.fromOpaque(UnsafeRawPointer(bitPattern: root)!)
      .takeUnretainedValue()
    try barrier()
    return shared
  }

  package func split(by color: Int) throws(MessagePassingError) -> any Communicator {
    let colors = try gather(color)
    let ranks = colors.indices.filter { colors[$0] == color }
    // The first rank's object: it lives until all have it.
    let own = Meeting(size: ranks.count)
    if rank == ranks[0] { meeting.add(own, of: ranks) }
    let objects = try gather(UInt(bitPattern: Unmanaged.passUnretained(own).toOpaque()))
    let part = Unmanaged<Meeting>.fromOpaque(UnsafeRawPointer(bitPattern: objects[ranks[0]])!)
      .takeUnretainedValue()
    try barrier()
    return ThreadCommunicator(rank: ranks.firstIndex(of: rank)!, meeting: part)
  }

  /// Makes the other ranks throw, and never comes back to the body that this thread ran.
  package func abort(code: ExitCode) -> Never {
    meeting.leave(rank, because: "aborted with code \(code.rawValue)")
    meeting.settle(rank)
    while true { sleep(.max) }
  }
}

extension ThreadCommunicator {
  /// Replaces each value by the ranks' values combined in rank order.
  private func combine<Element: BitwiseCopyable>(
    _ values: UnsafeMutableBufferPointer<Element>, _ name: String,
    by combined: (Element, Element) -> Element
  ) throws(MessagePassingError) {
    let call = "\(name) of \(values.count) \(Element.self)"
    let given = try exchange(call, Array(UnsafeRawBufferPointer(values)))
    for (rank, bytes) in given.enumerated() {
      bytes.withUnsafeBytes { bytes in
        for (index, value) in bytes.bindMemory(to: Element.self).enumerated() {
          values[index] = rank == 0 ? value : combined(values[index], value)
        }
      }
    }
  }

  private func exchange(
    _ call: String, _ bytes: [UInt8] = []
  ) throws(MessagePassingError) -> [[UInt8]] {
    try meeting.exchange(bytes, in: call, by: rank)
  }
}

extension ThreadCommunicator {
  /// Runs `body` on `size` threads, each a rank, and waits for all of them.
  ///
  /// - Returns: what each rank returned or threw, in rank order; for a rank that aborted, the
  ///   error the others got.
  package static func run<Value: Sendable>(
    size: Int, _ body: @escaping @Sendable (any Communicator) throws -> Value
  ) -> [Result<Value, any Error>] {
    let meeting = Meeting(size: size)
    let results = Results<Value>(size: size)
    for rank in 0..<size {
      let thread = Thread {
        results[rank] = Result { try body(ThreadCommunicator(rank: rank, meeting: meeting)) }
        meeting.leave(rank, because: "left")
        meeting.settle(rank)
      }
      // As large as a process's own: the default is a sixteenth of it.
      thread.stackSize = 8 << 20
      thread.start()
    }
    meeting.waitUntilSettled()
    return (0..<size).map { rank in
      results[rank] ?? .failure(meeting.peerLeft(in: "run", on: rank))
    }
  }

  /// As `run`, for bodies that are expected to succeed: throws what the lowest failing rank threw.
  package static func values<Value: Sendable>(
    size: Int, _ body: @escaping @Sendable (any Communicator) throws -> Value
  ) throws -> [Value] {
    try run(size: size, body).map { try $0.get() }
  }
}

/// One result a rank, written by its thread and read when all have settled.
private final class Results<Value: Sendable>: @unchecked Sendable {
  private let lock = NSLock()
  private var values: [Result<Value, any Error>?]

  init(size: Int) {
    values = Array(repeating: nil, count: size)
  }

  subscript(rank: Int) -> Result<Value, any Error>? {
    get { lock.withLock { values[rank] } }
    set { lock.withLock { values[rank] = newValue } }
  }
}

private final class ThreadCounter: SharedCounter, @unchecked Sendable {
  private let lock = NSLock()
  private var drawn = 0

  func next() -> Int {
    lock.withLock {
      defer { drawn += 1 }
      return drawn
    }
  }
}
