import TestSupport
import Testing
import Training

/// Row 21: ranks of different programs, or with different kernels.
@Suite struct ProgramIdentityTests {
  private func check(
    _ versions: [String], _ kernels: [String], isStrict: Bool = false
  ) -> [Result<String?, any Error>] {
    ThreadCommunicator.run(size: versions.count) { communicator in
      try ProgramIdentity(version: versions[communicator.rank], kernels: kernels[communicator.rank])
        .check(communicator, isStrict: isStrict)
    }
  }

  @Test func row21_equalRanksAreNotMentioned() throws {
    for result in check(["1", "1", "1"], ["avx2", "avx2", "avx2"], isStrict: true) {
      #expect(try result.get() == nil)
    }
  }

  @Test func row21_otherVersionsAreAnErrorOnEveryRank() {
    for result in check(["1.0", "1.0", "1.1"], ["avx2", "avx2", "avx2"]) {
      let error = #expect(throws: ProgramIdentityError.self) { try result.get() }
      #expect(error?.exitCode == .configuration)
      #expect(error?.description.hasPrefix("rank 2 runs version 1.1, rank 0 version 1.0") == true)
    }
  }

  @Test func row21_otherKernelsAreAWarningOrIfSoWishedAnError() throws {
    for result in check(["1", "1"], ["avx2", "portable"]) {
      #expect(try result.get()?.hasPrefix("rank 1 has portable kernels, rank 0 avx2") == true)
    }
    for result in check(["1", "1"], ["avx2", "portable"], isStrict: true) {
      #expect(throws: ProgramIdentityError.self) { try result.get() }
    }
  }
}
