#if MPI
  import TestSupport
  import Testing

  extension LaunchedTests {
    /// An upper objective times a power of two, and an upper rate divided by it, train to the same bits on any number of
    /// ranks.
    @Suite(.enabled(if: requireMPI(), "mpirun is not on the PATH")) struct PowerOfTwoTests {
      @Test func powersOfTwoChangeNoBit() throws {
        let alone = try Launcher.alone("ranktest", ["power-of-two", "0"]).wait(seconds: 60)
        let lines = alone.sortedLines
        #expect(lines.count == 2 && Set(lines).count == 2, "\(alone.errors)")
        for (ranks, exponent) in [(1, -200), (2, -39), (3, 39), (4, 200), (4, -1)] {
          let end = try Launcher.mpirun(ranks, "ranktest", ["power-of-two", "\(exponent)"])
            .wait(seconds: 60)
          #expect(
            end.sortedLines == lines.flatMap { [String](repeating: $0, count: ranks) },
            "2^\(exponent) on \(ranks) ranks: \(end.errors)")
          #expect(end.exitCode == 0)
        }
      }
    }
  }
#endif
