#if MPI
  import Foundation
  import TestSupport
  import Testing

  extension LaunchedTests {
    /// `environment` and `verify` as people start them.
    @Suite(.enabled(if: requireMPI(), "mpirun is not on the PATH")) struct DiagnosticsTests {
      @Test(arguments: [0, 3]) func thisInstallationIsRight(ranks: Int) throws {
        let end =
          ranks == 0
          ? try Launcher.alone("igbm-dist", ["verify"]).wait(seconds: 60)
          : try Launcher.mpirun(ranks, "igbm-dist", ["verify"]).wait(seconds: 60)
        #expect(end.exitCode == 0, "\(end.output) \(end.errors)")
        #expect(end.output.contains("checks passed on \(max(ranks, 1)) rank"))
        #expect(!end.output.contains("FAILED"))
      }

      @Test func ranksThatDifferAreNamed() throws {
        let end = try Launcher.shell(
          "exec mpirun --oversubscribe --bind-to none --timeout 60 -np 1 \"$0\" environment "
            + ": -np 2 env IGBM_SHOTS=3 \"$0\" environment", "igbm-dist"
        ).wait(seconds: 60)
        #expect(end.exitCode == 0, "\(end.errors)")
        #expect(end.output.contains("3 ranks  0-2"), "\(end.output)")
        #expect(end.output.contains("IGBM_SHOTS  3, not unset"), "\(end.output)")
        #expect(end.output.contains("mpirun of Open MPI"))
      }

      @Test func programsCanReadIt() throws {
        let end = try Launcher.mpirun(2, "igbm-dist", ["environment", "--json"]).wait(seconds: 60)
        let object = try JSONSerialization.jsonObject(with: Data(end.output.utf8))
        let report = try #require(object as? [String: Any])
        #expect((report["ranks"] as? [Any])?.count == 2)
        #expect((report["differences"] as? [Any])?.isEmpty == true)
      }
    }
  }
#endif
