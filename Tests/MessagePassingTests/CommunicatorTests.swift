import MessagePassing
import TestSupport
import Testing

@Suite struct CommunicatorTests {
  @Test func soloKeepsTheLaws() throws {
    try checkCommunicator(SoloCommunicator())
  }

  @Test(arguments: 1...4) func threadsKeepTheLaws(size: Int) throws {
    let ranks = try ThreadCommunicator.values(size: size) { communicator in
      try checkCommunicator(communicator)
      return communicator.rank
    }
    #expect(ranks == Array(0..<size))
  }

  @Test func piecesCoverTheRangeInOrder() {
    #expect(Array(pieces(of: 0, atMost: 4)) == [])
    #expect(Array(pieces(of: 4, atMost: 4)) == [0..<4])
    #expect(Array(pieces(of: 9, atMost: 4)) == [0..<4, 4..<8, 8..<9])
    let long = Array(pieces(of: 5 << 31, atMost: 1 << 30))
    #expect(long.count == 10 && long.last?.upperBound == 5 << 31)
  }

  @Test func arraysOfStructsTravelWhole() throws {
    struct Pair: BitwiseCopyable, Equatable {
      var index: Int32
      var value: Double
    }
    let gathered = try ThreadCommunicator.values(size: 3) { communicator in
      let rank = communicator.rank
      return try communicator.gather(
        (0..<rank).map { Pair(index: Int32($0), value: Double(rank) / 4) })
    }
    let expected = (0..<3).map { rank in
      (0..<rank).map { Pair(index: Int32($0), value: Double(rank) / 4) }
    }
    #expect(gathered == [expected, expected, expected])
  }
}
