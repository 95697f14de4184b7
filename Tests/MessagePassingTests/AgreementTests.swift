import MessagePassing
import TestSupport
import Testing

@Suite struct AgreementTests {
  private struct Missing: ExitCoded, CustomStringConvertible {
    var exitCode: ExitCode { .noInput }
    var description: String { "no such file: data.csv" }
  }

  private struct Other: Error, CustomStringConvertible {
    var description: String { "odd" }
  }

  @Test func everyRankGetsItsOwnValue() throws {
    let values = try ThreadCommunicator.values(size: 3) { communicator in
      try communicator.agreeing { communicator.rank * 10 }
    }
    #expect(values == [0, 10, 20])
  }

  @Test func everyRankThrowsTheSameError() throws {
    let errors = try ThreadCommunicator.values(size: 4) { communicator in
      #expect(throws: AgreementError.self) {
        try communicator.agreeing {
          if communicator.rank == 1 { throw Missing() }
          if communicator.rank == 3 { throw Other() }
        }
      }
    }.compactMap(\.self)
    #expect(errors.count == 4 && Set(errors).count == 1)
    #expect(errors[0].failures.map(\.rank) == [1, 3])
    #expect(errors[0].failures.map(\.exitCode) == [.noInput, .software])
    #expect(errors[0].exitCode == .noInput)
  }

  @Test func theRanksGoOnTogetherAfterAFailure() throws {
    let sums = try ThreadCommunicator.values(size: 3) { communicator in
      try? communicator.agreeing { if communicator.rank == 2 { throw Other() } }
      return try communicator.sum(1)
    }
    #expect(sums == [3, 3, 3])
  }

  @Test func whatTheRootDoesAloneFailsForAll() throws {
    let ranks = try ThreadCommunicator.values(size: 3) { communicator in
      var worked: [Int] = []
      try communicator.onRoot { worked.append(communicator.rank) }
      let error = #expect(throws: AgreementError.self) {
        try communicator.onRoot { throw Missing() }
      }
      #expect(error?.failures.map(\.rank) == [0] && error?.exitCode == .noInput)
      return worked
    }
    #expect(ranks == [[0], [], []])
  }

  @Test func aMessageCommonToManyRanksIsShownOnce() {
    let failures = (0..<6).map { rank in
      RankFailure(
        rank: rank, hostName: "h\(rank / 2)", message: rank == 5 ? "odd" : "gone",
        exitCode: .noInput)
    }
    #expect(
      "\(AgreementError(failures: failures, size: 6))"
        == "gone (rank 0 on h0, rank 1 on h0, rank 2 on h1, rank 3 on h1, 1 more); "
        + "odd (rank 5 on h2)")
  }

  @Test func aloneTheMessageStandsByItself() {
    let error = #expect(throws: AgreementError.self) {
      try SoloCommunicator().agreeing { throw Missing() }
    }
    #expect(error.map { "\($0)" } == "no such file: data.csv")
    #expect(error?.exitCode == .noInput)
  }

  @Test func errorsWithoutACodeAreSoftwareErrors() {
    #expect(ExitCode(for: Missing()) == .noInput)
    #expect(ExitCode(for: Other()) == .software)
    #expect(ExitCode(for: MessagePassingError(.wrongLauncher, "")) == .configuration)
    #expect(ExitCode(for: MessagePassingError(.peerLeft, "")) == .unavailable)
  }
}
