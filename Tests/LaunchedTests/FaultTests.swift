#if MPI
  import Foundation
  import TestSupport
  import Testing

  extension LaunchedTests {
    /// Runs that are killed, stopped or fed with nonsense: what is stored, and that going on loses nothing. Numbers are
    /// those of the article on faults.
    @Suite struct FaultTests {
      static let command = "faulttest"

      func folder() -> String {
        FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
      }

      func bytes(_ path: String) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: path))
      }

      func run(
        _ ranks: Int, _ folder: String, _ more: [String] = [], fault: String = "",
        environment: [String: String] = [:]
      ) throws -> RunningProgram.End {
        let arguments = ["train", "--output", folder, "--checkpoint-every", "2"] + more
        let environment = environment.merging(["FAULT": fault]) { $1 }
        return ranks == 0
          ? try Launcher.alone(Self.command, arguments, environment: environment).wait(seconds: 60)
          : try Launcher.mpirun(ranks, Self.command, arguments, environment: environment)
            .wait(seconds: 60)
      }

      /// What a run leaves that must not depend on what happened to it.
      func results(_ folder: String) throws -> [Data] {
        // Which other checkpoint is kept depends on where a run was stopped.
        try [
          "metrics.jsonl", "state.safetensors", "checkpoints/step-000000012.safetensors",
        ].map { try bytes("\(folder)/\($0)") }
      }

      /// What a run leaves that nothing happens to; none where it fails.
      static let undisturbed: [Data] = {
        let tests = FaultTests()
        let folder = tests.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        guard (try? tests.run(0, folder))?.exitCode == 0 else { return [] }
        return (try? tests.results(folder)) ?? []
      }()

      /// Rows 1, 2 and 11: killed on any rank, gone on with other numbers of ranks.
      @Test(
        .enabled(if: requireMPI()),
        arguments: [
          (2, 1, "kill:7:1"), (2, 3, "kill:5:0"), (3, 0, "kill:10:2"), (0, 2, "kill:3:0"),
        ])
      func rows1and2and11_killedRunsLoseNothing(_ ranks: Int, _ later: Int, _ fault: String) throws
      {
        let broken = folder()
        defer { try? FileManager.default.removeItem(atPath: broken) }
        #expect(try run(ranks, broken, fault: fault).exitCode != 0)
        #expect(!FileManager.default.fileExists(atPath: "\(broken)/state.safetensors"))
        let end = try run(later, broken, ["--resume", "auto"])
        #expect(end.exitCode == 0, "\(end.errors)")
        #expect(end.output.contains("going on from"))
        #expect(try results(broken) == Self.undisturbed)
      }

      /// A new run in the folder of another one goes on from its own states, not from the other's, which are kept.
      @Test(.enabled(if: requireMPI()))
      func aNewRunInAUsedFolderIsNotTakenForTheOldOne() throws {
        let (whole, used) = (folder(), folder())
        defer { for path in [whole, used] { try? FileManager.default.removeItem(atPath: path) } }
        let other = ["--set", "proximal=1"]
        #expect(try run(1, whole, other).exitCode == 0)
        #expect(try run(1, used).exitCode == 0)
        let old = try bytes("\(used)/state.safetensors")
        let killed = try run(2, used, other, fault: "kill:5:0")
        #expect(killed.exitCode != 0)
        #expect(killed.errors.contains("it is kept in \(used)/earlier-1"), "\(killed.errors)")
        let end = try run(2, used, other + ["--resume", "auto"])
        #expect(end.exitCode == 0 && end.output.contains("step-000000004"), "\(end.errors)")
        #expect(try results(used) == results(whole))
        #expect(try bytes("\(used)/earlier-1/state.safetensors") == old)
      }

      /// A start that fails leaves the folder of another run as it is.
      @Test(.enabled(if: requireMPI()))
      func aMistakenStartLosesNothing() throws {
        let used = folder()
        defer { try? FileManager.default.removeItem(atPath: used) }
        #expect(try run(1, used).exitCode == 0)
        let before = try results(used) + [bytes("\(used)/configuration.yaml")]
        #expect(try run(2, used, ["--initial", "nowhere.npz"]).exitCode == 66)
        #expect(try results(used) + [bytes("\(used)/configuration.yaml")] == before)
        #expect(!FileManager.default.fileExists(atPath: "\(used)/earlier-1"))
      }

      /// Rows 24, 26, 27: a signal to one rank stops all at the same step, with a checkpoint.
      @Test(
        .enabled(if: requireMPI()),
        arguments: [("usr1", 75), ("term", 75), ("int", 130)] as [(String, Int32)])
      func rows24and26and27_signalsStopAtAStepBoundary(_ signal: String, _ code: Int32) throws {
        let broken = folder()
        defer { try? FileManager.default.removeItem(atPath: broken) }
        let stopped = try run(2, broken, fault: "\(signal):6:1")
        #expect(stopped.exitCode == code, "\(stopped.errors)")
        #expect(
          stopped.output.contains("after step 7 of 12, with a checkpoint"), "\(stopped.output)")
        #expect(try run(2, broken, ["--resume", "auto"]).exitCode == 0)
        #expect(try results(broken) == Self.undisturbed)
      }

      /// Row 3: whatever file call the writer dies at, two valid checkpoints are there. What tasks keep is in them, so that no
      /// kill comes between a checkpoint and its lower states.
      @Test(arguments: 0..<18)
      func row3_killedWhileWritingACheckpoint(_ call: Int) throws {
        let folder = folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let end = try Launcher.alone(Self.command, ["checkpoint", folder, String(call)])
          .wait(seconds: 30)
        let names = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/checkpoints")
        let whole = names.filter { !$0.contains(".tmp-") }.sorted()
        #expect(whole.count >= 2, "\(names)")
        if end.exitCode != 0 { #expect(whole.contains("step-000000003.safetensors")) }
        for name in whole {
          let inspected = try Launcher.alone(
            "igbm-dist", ["inspect", "\(folder)/checkpoints/\(name)"]
          ).wait(seconds: 30)
          #expect(inspected.exitCode == 0, "\(inspected.errors)")
          #expect(inspected.output.contains("lower/1/w"), "\(inspected.output)")
        }
      }

      /// Row 13: a task of numbers that are none stops the run on every rank, or is left out.
      @Test(.enabled(if: requireMPI()))
      func row13_tasksThatAreNotFinite() throws {
        let folders = (0..<3).map { _ in folder() }
        defer { for path in folders { try? FileManager.default.removeItem(atPath: path) } }
        let stopped = try run(2, folders[0], fault: "nan:6:4")
        #expect(stopped.exitCode == 65)
        #expect(stopped.errors.contains("step 7, task 4"), "\(stopped.errors)")
        let left = try FileManager.default.contentsOfDirectory(atPath: "\(folders[0])/checkpoints")
        #expect(left.sorted() == ["step-000000004.safetensors", "step-000000006.safetensors"])
        for (ranks, path) in [(1, folders[1]), (3, folders[2])] {
          let end = try run(ranks, path, ["--set", "non-finite=skip"], fault: "nan:6:4")
          #expect(end.exitCode == 0, "\(end.errors)")
        }
        #expect(try results(folders[1]) == results(folders[2]))
        let metrics = String(decoding: try bytes("\(folders[1])/metrics.jsonl"), as: UTF8.self)
        let lines = metrics.split(separator: "\n")
        #expect(lines.count == 12 && lines[6].contains("\"tasks\":4,\"skipped\":1"))
      }

      /// Rows 7 and 8: a damaged newest checkpoint is passed over, and named.
      @Test(.enabled(if: requireMPI()))
      func rows7and8_damagedCheckpointsArePassedOver() throws {
        let broken = folder()
        defer { try? FileManager.default.removeItem(atPath: broken) }
        #expect(try run(0, broken, fault: "kill:9:0").exitCode != 0)
        let newest = "\(broken)/checkpoints/step-000000008.safetensors"
        var content = try bytes(newest)
        content[content.count - 100] ^= 4
        try content.write(to: URL(fileURLWithPath: newest))
        let end = try run(2, broken, ["--resume", "auto"])
        #expect(end.exitCode == 0, "\(end.errors)")
        #expect(end.errors.contains("is damaged: its checksum differs"), "\(end.errors)")
        #expect(end.output.contains("step-000000006.safetensors, step 6"), "\(end.output)")
        #expect(try results(broken) == Self.undisturbed)
        // With none left to fall back on, it is an error, not a run from the beginning.
        for name in try FileManager.default.contentsOfDirectory(atPath: "\(broken)/checkpoints") {
          try Data("nothing".utf8).write(to: URL(fileURLWithPath: "\(broken)/checkpoints/\(name)"))
        }
        try FileManager.default.removeItem(atPath: "\(broken)/state.safetensors")
        let refused = try run(2, broken, ["--resume", "auto"])
        #expect(refused.exitCode == 65)
        #expect(refused.errors.contains("--resume never starts anew"), "\(refused.errors)")
      }

      /// Row 35: a rank whose parameters are not the others' is named.
      @Test(.enabled(if: requireMPI()))
      func row35_divergenceOfARankIsNoticed() throws {
        let folder = folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let end = try run(3, folder, fault: "flip:5:2")
        #expect(end.exitCode == 70)
        #expect(
          end.errors.contains("step 6: the upper parameters of rank 2 are not those of rank 0"),
          "\(end.errors)")
      }

      /// Row 5: files that may not grow. The checkpoints before are kept, and the run ends in order.
      @Test(.enabled(if: requireMPI()))
      func row5_aFileSizeLimitEndsTheRunInOrder() throws {
        let folder = folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(try run(0, folder, ["--steps", "4"]).exitCode == 0)
        let limited = try Launcher.shell(
          "ulimit -f 20; exec \"$0\" train --output \(folder) --checkpoint-every 2 --resume auto",
          Self.command
        ).wait(seconds: 60)
        #expect(limited.exitCode == 74, "\(limited.errors)")
        #expect(limited.errors.contains("the checkpoint before it is kept"), "\(limited.errors)")
        let names = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/checkpoints")
        #expect(
          names.sorted() == ["step-000000002.safetensors", "step-000000004.safetensors"], "\(names)"
        )
        #expect(try run(2, folder, ["--resume", "auto"]).exitCode == 0)
      }

      /// A soak: faults drawn at random, one after another, until the run is through; nothing is lost. More of them:
      /// `IGBM_RANDOM_FAULTS=100 Launch/test --filter slow_randomFaults`.
      @Test(.enabled(if: requireMPI()))
      func slow_randomFaultsLoseNothing() throws {
        let broken = folder()
        defer { try? FileManager.default.removeItem(atPath: broken) }
        let expected = Self.undisturbed
        var random = Draws(seed: 20_261_123)
        print("random faults from seed 20261123")
        let variables = ProcessInfo.processInfo.environment
        for draw in 0..<(variables["IGBM_RANDOM_FAULTS"].flatMap { Int($0) } ?? 5) {
          try? FileManager.default.removeItem(atPath: broken)
          for attempt in 0..<4 {
            let ranks = random.next(4)
            let kind = ["kill", "usr1", "term", "none"][attempt == 3 ? 3 : random.next(4)]
            let fault = "\(kind):\(random.next(12)):\(random.next(max(ranks, 1)))"
            let end = try run(
              ranks, broken, attempt == 0 ? [] : ["--resume", "auto"],
              fault: kind == "none" ? "" : fault)
            if end.exitCode == 0 { break }
            #expect(kind != "none", "draw \(draw), \(ranks) ranks: \(end.errors)")
          }
          #expect(try results(broken) == expected, "draw \(draw)")
        }
      }

      /// Row 12: other settings are refused by name; row 29: so is a folder that is in use.
      @Test(.enabled(if: requireMPI()))
      func row12_otherSettingsAreRefused() throws {
        let folder = folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(try run(0, folder).exitCode == 0)
        let end = try run(2, folder, ["--resume", "auto", "--set", "proximal=1"])
        #expect(end.exitCode == 78)
        #expect(
          end.errors.contains("proximal was 0.1 and is 1.0 (only in a new run)"), "\(end.errors)")
        let declared = try run(2, folder, ["--resume", "auto", "--set", "upper-rate=0.5"])
        #expect(declared.exitCode == 78)
        #expect(
          declared.errors.contains("upper-rate   0.003  0.5  --allow-change upper-rate"),
          "\(declared.errors)")
        let more = ["--resume", "auto", "--steps", "14", "--set", "upper-rate=0.5"]
        let allowed = try run(2, folder, more + ["--allow-change", "upper-rate"])
        #expect(allowed.exitCode == 0, "\(allowed.errors)")
      }
    }
  }
#endif
