import Diagnostics
import MessagePassing
import TestSupport
import Testing

struct VerificationTests {
  @Test(arguments: [1, 3]) func thisInstallationIsRight(ranks: Int) throws {
    let lines = try ThreadCommunicator.values(size: ranks) { communicator in
      var lines: [String] = []
      try Verification.run(Verification.checks, communicator) { lines.append($0) }
      return lines
    }
    for own in lines {
      #expect(own == lines[0])
      #expect(own.count == Verification.checks.count + 1)
      #expect(own.last?.contains("checks passed on \(ranks) rank") == true)
    }
  }

  /// What is wrong on any rank is an error on all, and the other checks are made all the same.
  @Test func whatIsWrongIsSaid() throws {
    struct Broken: Error {}
    let checks = [
      Check("right", .alone { Check.Figure(1, atMost: 2) }),
      Check("too large", .together { Check.Figure(Double($0.rank), atMost: 0) }),
      Check("not a number", .alone { Check.Figure(.nan, atMost: 1) }),
      Check("throws", .alone { throw Broken() }),
      Check("skipped", .alone { .skipped("there is none") }),
    ]
    let outcomes = try ThreadCommunicator.values(size: 2) { communicator in
      var lines: [String] = []
      do {
        try Verification.run(checks, communicator) { lines.append($0) }
      } catch let error as VerificationError {
        return (lines, error)
      }
      throw Broken()
    }
    for (lines, error) in outcomes {
      #expect(
        lines.map { $0.prefix(8) } == ["ok      ", "FAILED  ", "FAILED  ", "FAILED  ", "skipped "])
      #expect(lines[1].hasSuffix("1, at most 0"))
      #expect(error.failed == ["too large", "not a number", "throws"] && error.count == 5)
      #expect(error.exitCode == .software)
    }
  }
}
