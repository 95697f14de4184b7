import MessagePassing
import TestSupport
import Testing

/// The faults that the in-process communicator turns into errors.
@Suite(.timeLimit(.minutes(1))) struct ThreadCommunicatorTests {
  private struct Own: Error {}

  @Test(arguments: 2...4) func waitingForARankThatThrewIsAnError(size: Int) {
    let results = ThreadCommunicator.run(size: size) { communicator in
      if communicator.rank == 1 { throw Own() }
      try communicator.barrier()
    }
    for (rank, result) in results.enumerated() {
      if rank == 1 {
        #expect(throws: Own.self) { try result.get() }
      } else {
        let error = #expect(throws: MessagePassingError.self) { try result.get() }
        #expect(error?.code == .peerLeft)
        #expect(error?.rank == rank)
        #expect(error?.message == "rank 1 left while others waited for it")
      }
    }
  }

  @Test func waitingForARankThatReturnedIsAnError() {
    let results = ThreadCommunicator.run(size: 2) { communicator in
      if communicator.isRoot { return Int64(0) }
      return try communicator.sum(1)
    }
    #expect((try? results[0].get()) == 0)
    #expect(throws: MessagePassingError.self) { try results[1].get() }
  }

  @Test func leavingDoesNotTakeBackAFinishedCollective() throws {
    for _ in 0..<200 {
      let sums = try ThreadCommunicator.values(size: 3) { try $0.sum(Int64($0.rank)) }
      #expect(sums == [3, 3, 3])
    }
  }

  @Test func abortReachesTheOthers() {
    let results = ThreadCommunicator.run(size: 3) { communicator in
      if communicator.rank == 2 { communicator.abort(code: .tryAgain) }
      try communicator.barrier()
    }
    for result in results {
      let error = #expect(throws: MessagePassingError.self) { try result.get() }
      #expect(error?.message == "rank 2 aborted with code 75 while others waited for it")
    }
  }

  @Test func differentCallsAreAnErrorOnAllRanks() {
    let results = ThreadCommunicator.run(size: 2) { communicator in
      var values = [Int64](repeating: 1, count: communicator.isRoot ? 3 : 4)
      try communicator.sum(&values)
    }
    for result in results {
      let error = #expect(throws: MessagePassingError.self) { try result.get() }
      #expect(error?.code == .callsDiffer)
      #expect(
        error?.message
          == "calls differ: rank 0 in sum of 3 Int64, rank 1 in sum of 4 Int64")
    }
  }
}
