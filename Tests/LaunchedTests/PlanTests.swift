#if MPI
  import Foundation
  import TestSupport
  import Testing

  extension LaunchedTests {
    /// `plan` as people start it.
    @Suite(.enabled(if: requireMPI(), "mpirun is not on the PATH")) struct PlanTests {
      /// Settings are shown with their places, tasks with their ranks; nothing is written.
      @Test func ofRanksFromAFile() throws {
        try withFolder { folder in
          let file = "\(folder)/run.yaml"
          try Data("problem: sinusoid\ntasks: 5\nproximal: 0.5\n".utf8)
            .write(to: URL(fileURLWithPath: file))
          let end = try Launcher.mpirun(
            3, "igbm-dist",
            ["plan", file, "--steps", "9", "--set", "tasks=6", "--output", "\(folder)/run"],
            environment: ["IGBM_SHOTS": "7"]
          ).wait(seconds: 60)
          #expect(end.exitCode == 0 && end.errors.isEmpty, "\(end.errors)")
          let words = end.output.split(whereSeparator: \.isNewline).map {
            $0.split(separator: " ").joined(separator: " ")
          }
          #expect(words[0].contains("plan of sinusoid, 9 steps of 6 tasks, 3 ranks"))
          for line in [
            "steps 9 command line", "tasks 6 command line", "shots 7 IGBM_SHOTS",
            "k 5 default", "parameters 1761 upper, 1761 lower", "checkpoints none",
          ] {
            #expect(words.contains(line), "\(line): \(end.output)")
          }
          let line = try #require(words.first { $0.hasPrefix("proximal ") })
          #expect(line.hasPrefix("proximal 0.5 ") && line.hasSuffix("run.yaml, line 3"))
          for rank in 0..<3 {
            #expect(
              words.contains {
                $0.hasPrefix("rank \(rank) ") && $0.contains(" \(2 * rank) to \(2 * rank + 1) ")
              }, "\(end.output)")
          }
          #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["run.yaml"])
        }
      }

      @Test func ofARunToGoOnFrom() throws {
        try withFolder { folder in
          let run = ["sinusoid", "--tasks", "2", "--output", folder]
          let first = try Launcher.alone("igbm-dist", ["train"] + run + ["--steps", "3"])
            .wait(seconds: 60)
          #expect(first.exitCode == 0)
          let before = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
          let arguments = ["plan"] + run + ["--steps", "5", "--json"]
          let anew = try json(try Launcher.alone("igbm-dist", arguments).wait(seconds: 60))
          #expect("\(anew["warnings"] ?? "")".contains("holds a run, which this one sets aside"))
          let further = try json(
            try Launcher.alone("igbm-dist", arguments + ["--resume", "auto"]).wait(seconds: 60))
          let plan = try #require(further["plan"] as? [String: Any])
          #expect(plan["stepsDone"] as? Int == 3)
          #expect(plan["resumesFrom"] as? String == "\(folder)/state.safetensors")
          #expect((further["warnings"] as? [Any])?.isEmpty == true, "\(further)")
          let other = try Launcher.alone(
            "igbm-dist", arguments + ["--resume", "auto", "--set", "k=2"]
          ).wait(seconds: 60)
          #expect(other.exitCode == 78 && other.errors.contains("k was 5 and is 2"))
          #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == before)
        }
      }

      private func json(_ end: RunningProgram.End) throws -> [String: Any] {
        try #require(end.exitCode == 0, "\(end.errors)")
        let object = try JSONSerialization.jsonObject(with: Data(end.output.utf8))
        return try #require(object as? [String: Any])
      }

      /// Row 32: memory that will not suffice is told before it is taken.
      @Test func row32_tooLittleMemoryIsPredicted() throws {
        let line = { (limit: String) in
          "ulimit -v \(limit); exec \"$0\" plan label-cleaning --set hidden=10000 --tasks 1 "
            + "--set lower-steps=1 --set k=1 --output /tmp/none"
        }
        let enough = try Launcher.shell(line("unlimited"), "igbm-dist").wait(seconds: 60)
        #expect(enough.exitCode == 0 && !enough.output.contains("address space"))
        let little = try Launcher.shell(line("200000"), "igbm-dist").wait(seconds: 60)
        #expect(little.exitCode == 0, "\(little.errors)")
        #expect(
          little.output.contains("of address space, and its limit is 205 MB; raise ulimit -v"),
          "\(little.output)")
        #expect(little.output.contains("not measured: memory would not suffice"))
      }

      /// What a run would fail with, its plan fails with.
      @Test func mistakesAreTheRunsOwn() throws {
        let mistakes: [([String], String, Int32)] = [
          (["sinusiod"], "did you mean sinusoid?", 78),
          (["--set", "data=/nowhere"], "/nowhere: cannot be read: no such file", 66),
          (["--set", "lower-rate=1e9"], "step 1, task 0: ", 65),
          (["sinusoid", "--resume", "/nowhere"], "/nowhere: cannot be read: no such file", 66),
        ]
        for (arguments, message, code) in mistakes {
          let end = try Launcher.mpirun(2, "igbm-dist", ["plan"] + arguments).wait(seconds: 60)
          #expect(end.exitCode == code && end.output.isEmpty, "\(end.errors)")
          #expect(end.errors.contains(message), "\(end.errors)")
        }
      }
    }
  }
#endif
