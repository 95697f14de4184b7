#if MPI
  import Foundation
  import TestSupport
  import Testing

  extension LaunchedTests {
    /// The command as people start it: alone, and on any number of ranks.
    @Suite struct CommandTests {
      private static let command = "igbm-dist"

      /// Twenty upper steps with lower problems small enough for a test.
      private static let runs = [
        ["train", "sinusoid", "--steps", "20", "--tasks", "5"],
        [
          "train", "label-cleaning", "--steps", "20", "--tasks", "3", "--set", "lower-steps=10",
          "--set", "k=3", "--set", "train=60", "--set", "final-steps=10",
        ],
      ]

      private func folder() -> String {
        FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
      }

      private func digest(_ end: RunningProgram.End) throws -> String {
        let line = try #require(end.output.split(separator: "\n").last { $0.hasPrefix("sha256") })
        return String(try #require(line.split(separator: " ").last))
      }

      @Test(.enabled(if: requireMPI()), arguments: runs)
      func sameParametersOnAnyNumberOfRanks(_ arguments: [String]) throws {
        let folder = folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let alone = try Launcher.alone(Self.command, arguments + ["--output", folder])
          .wait(seconds: 60)
        try #require(alone.exitCode == 0, "\(alone.errors)")
        let expected = try digest(alone)
        #expect(expected.count == 64)
        let inspected = try Launcher.alone(
          Self.command, ["inspect", "\(folder)/state.safetensors"]
        )
        .wait(seconds: 30)
        #expect(try digest(inspected) == expected)
        // Seven ranks are more than there are tasks.
        for ranks in [1, 2, 3, 4, 7] {
          let end = try Launcher.mpirun(
            ranks, Self.command, arguments + ["--output", "\(folder)/\(ranks)"]
          ).wait(seconds: 60)
          #expect(end.exitCode == 0, "\(ranks) ranks: \(end.errors)")
          #expect(try digest(end) == expected, "\(ranks) ranks")
        }
      }

      @Test(.enabled(if: requireMPI()))
      func otherSeedsGiveOtherParameters() throws {
        let folder = folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let digests = try ["1", "2"].map { seed in
          let arguments = Self.runs[0] + ["--seed", seed, "--output", folder]
          return try digest(try Launcher.alone(Self.command, arguments).wait(seconds: 60))
        }
        #expect(digests[0] != digests[1])
      }

      /// What is wrong, what the message must name, and the code.
      static let mistakes: [([String], String, Int32)] = [
        (["sinusiod"], "did you mean sinusoid?", 78),
        (["--set", "lower-rat=1"], "did you mean lower-rate?", 78),
        (["--set", "k=-1"], "k=-1: must be from 0", 78),
        (["--set", "tolerance=nan"], "tolerance=nan: not a finite number", 78),
        (["--set", "lower-rate=inf"], "lower-rate=inf: not a finite number", 78),
        (["--set", "lower-rate=0"], "lower-rate=0.0: must be above 0 and at most", 78),
        (["--set", "method=XY"], "must be one of LS, NS", 78),
        (["--set", "precision"], "The value 'precision' is invalid for '--set <key=value>'", 64),
        (["--steps=-1"], "steps=-1: must be from 0", 78),
        (["--tasks", "0"], "tasks=0: must be from 1", 78),
        (["--output", "/dev/null/runs"], "/dev/null/runs: cannot make the folder", 74),
        (["--set", "lower-rate=1e9", "--steps", "3"], "step 1, task", 65),
      ]

      @Test(.enabled(if: requireMPI()), arguments: mistakes)
      func mistakesAreOneErrorOnEveryRank(
        _ arguments: [String], _ message: String, _ code: Int32
      ) throws {
        let folder = folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let arguments = ["train", "--output", folder] + arguments
        let alone = try Launcher.alone(Self.command, arguments).wait(seconds: 60)
        #expect(alone.exitCode == code, "\(alone.errors)")
        #expect(alone.errors.contains(message), "\(alone.errors)")
        let launched = try Launcher.mpirun(3, Self.command, arguments).wait(seconds: 60)
        #expect(launched.exitCode == code, "\(launched.errors)")
        #expect(launched.errors.contains(message), "\(launched.errors)")
        let reports = launched.errors.split(whereSeparator: \.isNewline)
          .filter { $0.lowercased().hasPrefix("error: ") }
        #expect(reports.count == 1, "\(launched.errors)")
      }

      @Test(.enabled(if: requireMPI()))
      func helpAndVersionAreSaidOnceAndNeedNoMPI() throws {
        for argument in ["--help", "--version"] {
          let alone = try Launcher.alone(Self.command, [argument]).wait(seconds: 30)
          let launched = try Launcher.mpirun(3, Self.command, [argument]).wait(seconds: 30)
          #expect(alone.exitCode == 0 && launched.exitCode == 0)
          #expect(!alone.output.isEmpty)
          #expect(launched.output.filter { $0 != "\r" } == alone.output)
        }
      }

      @Test(.enabled(if: requireMPI()))
      func unknownKernelsAreRefused() throws {
        let folder = folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let end = try Launcher.mpirun(
          2, Self.command, ["--output", folder], environment: ["IGBM_KERNELS": "mmx"]
        ).wait(seconds: 30)
        #expect(end.exitCode == 78)
        #expect(end.errors.contains("IGBM_KERNELS=mmx: unknown; choose portable, avx2, avx512"))
      }
    }
  }
#endif
