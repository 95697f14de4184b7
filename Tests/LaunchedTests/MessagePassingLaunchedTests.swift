import MessagePassing
import TestSupport
import Testing

extension LaunchedTests {
  @Suite struct Alone {
    @Test func aProcessWithoutLauncherIsOneRank() throws {
      let end = try Launcher.alone("ranktest", ["hello"]).wait()
      #expect(end.output == "rank 0 of 1\n")
      #expect(end.errors == "")
      #expect(end.exitCode == 0)
    }

    @Test func anErrorIsOneLineAndACode() throws {
      let end = try Launcher.alone("ranktest", ["fail", "0"]).wait()
      #expect(end.errors == "error: rank 0 has no data\n")
      #expect(end.exitCode == 65)
    }

    @Test func anUnknownScenarioIsAUsageError() throws {
      let end = try Launcher.alone("ranktest", ["dance"]).wait()
      #expect(end.errors.hasPrefix("usage: ranktest SCENARIO"))
      #expect(end.exitCode == 64)
    }

    /// No launcher is behind these variables, so any library sees one rank.
    @Test(arguments: [
      ["OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "4"],
      ["PMI_RANK": "1", "PMI_SIZE": "4"],
      ["SLURM_PROCID": "1", "SLURM_STEP_NUM_TASKS": "4"],
    ])
    func theWrongLauncherIsAConfigurationError(environment: [String: String]) throws {
      let end = try Launcher.alone("ranktest", ["hello"], environment: environment).wait()
      #expect(end.errors.hasPrefix("error: launched as 1 of 4, but "))
      #expect(end.errors.split(separator: "\n").count == 1)
      #expect(end.output == "")
      #expect(end.exitCode == 78)
      #expect(!end.timedOut)
    }
  }
}

#if MPI
  extension LaunchedTests {
    @Suite(.enabled(if: requireMPI(), "mpirun is not on the PATH")) struct UnderMPI {
      @Test(arguments: 1...4) func ranksAreNumbered(size: Int) throws {
        let end = try Launcher.mpirun(size, "ranktest", ["hello"]).wait()
        #expect(end.sortedLines == (0..<size).map { "rank \($0) of \(size)" }, "\(end.errors)")
        #expect(end.exitCode == 0)
      }

      @Test(arguments: 1...4) func mpiKeepsTheLaws(size: Int) throws {
        let end = try Launcher.mpirun(size, "ranktest", ["laws"]).wait()
        #expect(end.sortedLines == (0..<size).map { "rank \($0) kept the laws" }, "\(end.errors)")
        #expect(end.exitCode == 0)
      }

      /// Pieces of a few elements stand for those of 2^30: the code is the same.
      @Test(arguments: [1, 3, 64]) func mpiKeepsTheLawsInPieces(limit: Int) throws {
        let end = try Launcher.mpirun(3, "ranktest", ["laws", "\(limit)"]).wait()
        #expect(end.sortedLines == (0..<3).map { "rank \($0) kept the laws" }, "\(end.errors)")
        #expect(end.exitCode == 0)
      }

      @Test(arguments: [[0], [1], [1, 2], [0, 1, 2]])
      func anAgreedFailureIsTheSameOnAllRanks(failed: [Int]) throws {
        let code: Int32 = failed[0] == 0 ? 65 : 66
        let end = try Launcher.mpirun(3, "ranktest", ["agree-fail"] + failed.map(String.init))
          .wait()
        #expect(
          end.sortedLines == (0..<3).map { "rank \($0): ranks \(failed) failed, code \(code)" })
        #expect(errorLines(of: end).count == 1, "\(end.errors)")
        #expect(errorLines(of: end).first?.contains("rank \(failed[0]) has no data (rank") == true)
        #expect(end.exitCode == code)
      }

      @Test(arguments: 0...2) func oneFailingRankEndsTheOthers(rank: Int) throws {
        let end = try Launcher.mpirun(3, "ranktest", ["fail", "\(rank)"]).wait()
        #expect(errorLines(of: end).count == 1, "\(end.errors)")
        let line = try #require(errorLines(of: end).first)
        #expect(line.hasPrefix("error [rank \(rank) on "))
        #expect(line.hasSuffix("]: rank \(rank) has no data"))
        #expect(end.exitCode == (rank == 1 ? 66 : 65))
      }

      @Test(arguments: [ExitCode.success, .tryAgain]) func ranksLeaveWithTheirCode(
        code: ExitCode
      ) throws {
        let end = try Launcher.mpirun(2, "ranktest", ["leave", "\(code.rawValue)"]).wait()
        #expect(errorLines(of: end) == [])
        #expect(end.exitCode == code.rawValue)
      }

      @Test func anErrorOfMPINamesTheCallAndTheRank() throws {
        let end = try Launcher.mpirun(2, "ranktest", ["counts-differ"]).wait()
        let line = try #require(errorLines(of: end).first, "\(end.errors)")
        #expect(line.contains("]: MPI_Bcast on rank 1: MPI_ERR_TRUNCATE: message truncated"))
        #expect(end.exitCode == 69)
      }

      /// The lines that the ranks wrote, without what the launcher adds.
      private func errorLines(of end: RunningProgram.End) -> [String] {
        end.errors.split(whereSeparator: \.isNewline).map(String.init)
          .filter { $0.hasPrefix("error") }
      }
    }
  }
#endif
