import MessagePassing
import TestSupport
import Testing

/// The law-book itself: a communicator with a fault must not pass.
@Suite struct LawBookTests {
  @Test(arguments: Fault.allCases) func aFaultIsFound(fault: Fault) {
    let results = ThreadCommunicator.run(size: 3) { communicator in
      try checkCommunicator(FaultyCommunicator(communicator, fault))
    }
    // Some rank sees it, and the others then miss that rank.
    #expect(results.allSatisfy { (try? $0.get()) == nil })
  }

  @Test func theWrapperWithoutAFaultPasses() throws {
    _ = try ThreadCommunicator.values(size: 3) { communicator in
      try checkCommunicator(FaultyCommunicator(communicator, nil))
    }
  }
}

enum Fault: CaseIterable {
  case sumsInDoubles, extremaSwapped, lastElementForgotten, sumsDifferByRank, gathersBackwards
  case broadcastsFromZero, acceptsAnyRoot, countersApart
  case splitsNothing, partsMixed
}

/// Passes calls on, with one fault.
private final class FaultyCommunicator: Communicator {
  private let sound: any Communicator
  private let fault: Fault?

  init(_ sound: any Communicator, _ fault: Fault?) {
    self.sound = sound
    self.fault = fault
  }

  var rank: Int { sound.rank }
  var size: Int { sound.size }
  var hostName: String { sound.hostName }

  func barrier() throws(MessagePassingError) { try sound.barrier() }

  func broadcast(
    _ bytes: UnsafeMutableRawBufferPointer, from root: Int
  ) throws(MessagePassingError) {
    if fault == .acceptsAnyRoot, !(0..<size).contains(root) { return }
    try sound.broadcast(bytes, from: fault == .broadcastsFromZero ? min(root, 0) : root)
  }

  func reduce(
    _ values: UnsafeMutableBufferPointer<Int64>, by operation: Reduction
  ) throws(MessagePassingError) {
    switch (fault, operation) {
    case (.sumsInDoubles, .sum):
      var doubles = values.map(Double.init)
      try sound.sum(&doubles)
      for (index, double) in doubles.enumerated() { values[index] = Int64(double) }
    case (.extremaSwapped, .maximum): try sound.reduce(values, by: .minimum)
    case (.extremaSwapped, .minimum): try sound.reduce(values, by: .maximum)
    case (.lastElementForgotten, _):
      try sound.reduce(.init(rebasing: values.dropLast()), by: operation)
    default: try sound.reduce(values, by: operation)
    }
  }

  func sum(_ values: UnsafeMutableBufferPointer<Double>) throws(MessagePassingError) {
    try sound.sum(values)
    if fault == .sumsDifferByRank, rank == 1, let last = values.last, last < 1000 {
      values[values.count - 1] = last.nextUp
    }
  }

  func sum(_ values: UnsafeMutableBufferPointer<Float>) throws(MessagePassingError) {
    try sound.sum(values)
  }

  func gather(_ bytes: UnsafeRawBufferPointer) throws(MessagePassingError) -> [[UInt8]] {
    let gathered = try sound.gather(bytes)
    return fault == .gathersBackwards ? gathered.reversed() : gathered
  }

  func counter() throws(MessagePassingError) -> (any SharedCounter)? {
    fault == .countersApart ? SoloCommunicator().counter() : try sound.counter()
  }

  func split(by color: Int) throws(MessagePassingError) -> any Communicator {
    switch fault {
    case .splitsNothing: self
    case .partsMixed: try sound.split(by: color + (rank == 0 ? 1 : 0))
    default: try sound.split(by: color)
    }
  }

  func abort(code: ExitCode) -> Never { sound.abort(code: code) }
}
