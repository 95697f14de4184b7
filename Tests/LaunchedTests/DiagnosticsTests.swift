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

      /// A problem's derivatives, of one that is shipped and of one's own.
      @Test(arguments: [0, 2]) func aProblemsDerivativesAreRight(ranks: Int) throws {
        for (program, arguments) in [
          ("igbm-dist", ["verify", "sinusoid", "--set", "hidden=6"]),
          ("own-problem", ["verify", "ridge", "--set", "noise=0.1"]),
        ] {
          let end =
            ranks == 0
            ? try Launcher.alone(program, arguments).wait(seconds: 60)
            : try Launcher.mpirun(ranks, program, arguments).wait(seconds: 60)
          #expect(end.exitCode == 0, "\(end.output) \(end.errors)")
          #expect(end.output.contains("checks passed on \(max(ranks, 1)) rank"))
          #expect(end.output.contains("ok       mixed product against differences"))
        }
      }

      /// A derivative that is wrong is code 70, the same on all ranks, and named.
      @Test(arguments: [0, 3]) func aWrongDerivativeIsFound(ranks: Int) throws {
        let arguments = ["verify", "faulty", "--set", "fault=frozen-upper"]
        let end =
          ranks == 0
          ? try Launcher.alone("faulttest", arguments).wait(seconds: 60)
          : try Launcher.mpirun(ranks, "faulttest", arguments).wait(seconds: 60)
        #expect(end.exitCode == 70, "\(end.output)")
        #expect(end.output.contains("FAILED   mixed product against differences"))
        #expect(end.errors.contains("do not trust hypergradients of faulty"))
      }

      @Test func verifyRefusesWhatItCannotDo() throws {
        for (arguments, code, message) in [
          (["verify", "--set", "hidden=6"], Int32(64), "name the problem"),
          (["verify", "nothing"], 78, "problem \"nothing\" is unknown"),
          (["verify", "sinusoid", "--set", "hiden=6"], 78, "did you mean hidden?"),
          (["verify", "few-shot", "--set", "split=vinyals"], 78, "data"),
        ] {
          let end = try Launcher.alone("igbm-dist", arguments).wait(seconds: 60)
          #expect(end.exitCode == code && end.errors.contains(message), "\(end.errors)")
        }
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
