#if MPI
  import Foundation
  import TestSupport
  import Testing

  extension LaunchedTests {
    /// Runs from configuration files, and the example of a problem of one's own.
    @Suite(.enabled(if: requireMPI(), "mpirun is not on the PATH")) struct ConfigurationTests {
      private func digest(_ end: RunningProgram.End) throws -> String {
        try #require(end.exitCode == 0, "\(end.errors)")
        let line = try #require(end.output.split(separator: "\n").last { $0.hasPrefix("sha256") })
        return String(line)
      }

      @Test func aStoredConfigurationRepeatsItsRun() throws {
        try withFolder { folder in
          let file = "\(folder)/run.yaml"
          try Data("problem: sinusoid\nsteps: 9\ntasks: 3\noutput: '\(folder)/first'\n".utf8)
            .write(to: URL(fileURLWithPath: file))
          let first = try Launcher.mpirun(
            2, "igbm-dist", ["train", file, "--set", "k=3"], environment: ["IGBM_SHOTS": "7"]
          ).wait(seconds: 60)
          #expect(first.output.contains("sinusoid, 9 steps of 3 tasks, 2 ranks"))
          let stored = try String(
            contentsOfFile: "\(folder)/first/configuration.yaml", encoding: .utf8)
          #expect(stored.contains("\nk: 3\n") && stored.contains("\nshots: 7\n"))
          let again = try Launcher.alone(
            "igbm-dist",
            ["train", "\(folder)/first/configuration.yaml", "--output", "\(folder)/second"]
          ).wait(seconds: 60)
          #expect(try digest(again) == digest(first))
          // A run's folder stands for what it holds.
          let folderAgain = try Launcher.alone(
            "igbm-dist", ["train", "\(folder)/first", "--output", "\(folder)/third"]
          ).wait(seconds: 60)
          #expect(try digest(folderAgain) == digest(first))
          let inspected = try Launcher.alone("igbm-dist", ["inspect", "\(folder)/first"])
          #expect(try digest(inspected.wait(seconds: 30)) == digest(first))
          let other = try Launcher.alone(
            "igbm-dist", ["train", file, "--output", "\(folder)/other"]
          ).wait(seconds: 60)
          #expect(try digest(other) != digest(first), "settings reach the run")
        }
      }

      @Test func aRunThatCannotGoOnLeavesTheFoldersConfiguration() throws {
        try withFolder { folder in
          let file = "\(folder)/configuration.yaml"
          let first = ["sinusoid", "--steps", "2", "--tasks", "2", "--output", folder]
          #expect(try Launcher.alone("igbm-dist", first).wait(seconds: 60).exitCode == 0)
          let stored = try String(contentsOfFile: file, encoding: .utf8)
          let further = [file, "--steps", "4", "--resume", "auto"]
          let other = try Launcher.alone("igbm-dist", further + ["--set", "k=9"]).wait(seconds: 60)
          #expect(other.exitCode == 78 && other.errors.contains("k was 5 and is 9"))
          #expect(try String(contentsOfFile: file, encoding: .utf8) == stored)
          #expect(try Launcher.alone("igbm-dist", further).wait(seconds: 60).exitCode == 0)
          let longer = try String(contentsOfFile: file, encoding: .utf8)
          #expect(longer == stored.replacing("\nsteps: 2\n", with: "\nsteps: 4\n"))
        }
      }

      /// A file's text, what the message must name, and the code.
      static let mistakes: [(String?, String, Int32)] = [
        (nil, "run.yaml: cannot be read: no such file; check the path", 66),
        (
          "problem: sinusiod", "run.yaml, line 1: problem \"sinusiod\" is unknown; did you mean", 78
        ),
        (
          "problem: label-cleaning\n\nlower-rat: 1",
          "run.yaml, line 3: label-cleaning has no setting", 78
        ),
        ("steps: 3\nsteps: 4", "run.yaml, line 2: steps comes again, first on line 1", 78),
        (
          "steps: three\nproblem: quadratic", "run.yaml, line 1: steps=three: not a whole number",
          78
        ),
        ("steps: [3]", "run.yaml, line 1: steps has a list or map", 78),
        ("a: &a 1\nb: *a", "run.yaml, line 1: a has an anchor or alias", 78),
        (String(repeating: "#", count: 1 << 20 + 1), "run.yaml: cannot be read: 1048577 bytes", 66),
      ]

      @Test(arguments: mistakes) func mistakesAreOneErrorOnEveryRank(
        _ text: String?, _ message: String, _ code: Int32
      ) throws {
        try withFolder { folder in
          let file = "\(folder)/run.yaml"
          try text.map { try Data($0.utf8).write(to: URL(fileURLWithPath: file)) }
          let arguments = ["train", file, "--output", "\(folder)/run"]
          for end in [
            try Launcher.alone("igbm-dist", arguments).wait(seconds: 60),
            try Launcher.mpirun(3, "igbm-dist", arguments).wait(seconds: 60),
          ] {
            #expect(end.exitCode == code && !end.timedOut)
            #expect(end.errors.contains(message), "\(end.errors)")
            let reports = end.errors.split(whereSeparator: \.isNewline)
              .filter { $0.hasPrefix("error: ") }
            #expect(reports.count == 1, "\(end.errors)")
            #expect(end.output.isEmpty)
          }
        }
      }

      @Test func aVariableThatIsNoSettingIsRefused() throws {
        let end = try Launcher.mpirun(2, "igbm-dist", [], environment: ["IGBM_STEP": "3"])
          .wait(seconds: 60)
        #expect(end.exitCode == 78)
        #expect(end.errors.contains("IGBM_STEP: label-cleaning has no setting \"step\"; did you"))
      }

      @Test func aProblemOfOnesOwnHasTheWholeCommandLine() throws {
        try withFolder { folder in
          let list = try Launcher.alone("own-problem", ["train", "--list"]).wait(seconds: 30)
          #expect(list.output.hasPrefix("ridge: ridge regression"))
          #expect(list.output.contains("noise=2.0") && !list.output.contains("sinusoid"))
          let arguments = ["--steps", "12", "--set", "noise=0.25", "--output"]
          let alone = try Launcher.alone("own-problem", arguments + ["\(folder)/1"])
            .wait(seconds: 60)
          #expect(alone.output.hasPrefix("own-problem 0."))
          let two = try Launcher.mpirun(2, "own-problem", arguments + ["\(folder)/2"])
            .wait(seconds: 60)
          #expect(try digest(two) == digest(alone))
          let inspected = try Launcher.alone(
            "own-problem", ["inspect", "\(folder)/2/state.safetensors"]
          )
          .wait(seconds: 30)
          #expect(try digest(inspected) == digest(two))
          let wrong = try Launcher.mpirun(2, "own-problem", ["sinusoid"]).wait(seconds: 30)
          #expect(wrong.exitCode == 78 && wrong.errors.contains("there are ridge"))
        }
      }
    }
  }
#endif
