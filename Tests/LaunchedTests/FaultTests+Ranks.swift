#if MPI
  import Foundation
  import TestSupport
  import Testing

  /// Faults of ranks, launchers and signals.
  extension LaunchedTests.FaultTests {
    /// The parity test: steps in one go are steps up to a kill, then more on another number of ranks with the other
    /// schedule.
    @Test(
      .enabled(if: requireMPI()),
      arguments: [(1, "static"), (2, "dynamic"), (3, "static"), (4, "dynamic")])
    func parity_anyRanksAnySchedule(_ ranks: Int, _ schedule: String) throws {
      let (whole, broken) = (folder(), folder())
      defer { for path in [whole, broken] { try? FileManager.default.removeItem(atPath: path) } }
      let other = schedule == "static" ? "dynamic" : "static"
      #expect(try run(ranks, whole, ["--schedule", schedule]).exitCode == 0)
      let killed = try run(
        ranks, broken, ["--schedule", schedule], fault: "kill:5:\(ranks - 1)")
      #expect(killed.exitCode != 0)
      let end = try run(ranks % 4 + 1, broken, ["--resume", "auto", "--schedule", other])
      #expect(end.exitCode == 0, "\(end.errors)")
      #expect(try results(broken) == results(whole))
    }

    /// Row 18: a slow rank is named, and changes no bit.
    @Test(.enabled(if: requireMPI()))
    func row18_aStragglerIsNamed() throws {
      let (whole, slow) = (folder(), folder())
      defer { for path in [whole, slow] { try? FileManager.default.removeItem(atPath: path) } }
      #expect(try run(1, whole, ["--steps", "24"]).exitCode == 0)
      let end = try run(2, slow, ["--steps", "24"], fault: "sleep:0:1")
      #expect(end.exitCode == 0)
      #expect(end.errors.contains("rank 1 on "), "\(end.errors)")
      #expect(end.errors.contains("times the median of the ranks over 20 steps"), "\(end.errors)")
      #expect(try bytes("\(slow)/metrics.jsonl") == bytes("\(whole)/metrics.jsonl"))
      let timings = String(decoding: try bytes("\(slow)/timings.jsonl"), as: UTF8.self)
      #expect(timings.split(separator: "\n").count == 24)
    }

    /// Row 19: a rank that stands still is named, the job ends in bounded time, and nothing is lost.
    @Test(.enabled(if: requireMPI()), arguments: [0, 1, 2])
    func row19_aStoppedRankIsNamedAndTheJobEnds(_ rank: Int) throws {
      let broken = folder()
      defer { try? FileManager.default.removeItem(atPath: broken) }
      let limits = ["--stall-warning", "1s", "--stall-limit", "2s"]
      let stalled = try run(3, broken, limits, fault: "stop:7:\(rank)")
      #expect(stalled.exitCode == 69, "\(stalled.errors)")
      #expect(stalled.errors.contains("warning: rank \(rank) on "), "\(stalled.errors)")
      #expect(stalled.errors.contains("error: rank \(rank) on "), "\(stalled.errors)")
      #expect(try run(2, broken, ["--resume", "auto"]).exitCode == 0)
      #expect(try results(broken) == Self.undisturbed)
    }

    /// Between machines, Open MPI often has no one-sided communication: everything works without, with the same bits.
    @Test(.enabled(if: requireMPI()), arguments: ["static", "dynamic"])
    func ranksNeedNotReachEachOthersMemory(_ schedule: String) throws {
      let (whole, apart) = (folder(), folder())
      defer { for path in [whole, apart] { try? FileManager.default.removeItem(atPath: path) } }
      let none = ["OMPI_MCA_osc": "^sm,rdma,pt2pt,ucx"]
      #expect(try run(1, whole).exitCode == 0)
      let end = try run(3, apart, ["--schedule", schedule], environment: none)
      #expect(end.exitCode == 0, "\(end.errors)")
      let warnings = end.errors.split(separator: "MPI has no one-sided communication").count - 1
      #expect(warnings == (schedule == "dynamic" ? 1 : 0), "\(end.errors)")
      #expect(try results(apart) == results(whole))
      let limits = ["--steps", "24", "--resume", "auto", "--stall-warning", "1s"]
      let stalled = try run(
        3, apart, limits + ["--stall-limit", "3s"], fault: "stop:14:1", environment: none)
      #expect(stalled.exitCode == 69, "\(stalled.errors)")
      // Counts tell nothing then, but a process on the same machine is seen to be stopped.
      #expect(stalled.errors.contains("error: rank 1 on "), "\(stalled.errors)")
    }

    /// Row 25: mpirun gives its ranks no time on SIGTERM: what is stored must do.
    @Test(.enabled(if: requireMPI()))
    func row25_terminatingTheLauncherLosesNothing() throws {
      let broken = folder()
      defer { try? FileManager.default.removeItem(atPath: broken) }
      let program = try Launcher.mpirun(
        2, Self.command, ["train", "--output", broken, "--checkpoint-every", "2"],
        environment: ["FAULT": "stop:7:1"])
      let limit = Date(timeIntervalSinceNow: 30)
      while !FileManager.default.fileExists(
        atPath: "\(broken)/checkpoints/step-000000006.safetensors"), Date() < limit
      {
        Thread.sleep(forTimeInterval: 0.05)
      }
      program.send(SIGTERM)
      #expect(program.wait(seconds: 30).exitCode != 0)
      #expect(try run(2, broken, ["--resume", "auto"]).exitCode == 0)
      #expect(try results(broken) == Self.undisturbed)
    }

    /// Row 28: hundreds of signals are one.
    @Test(.enabled(if: requireMPI()), arguments: [0, 2])
    func row28_aStormOfSignalsIsOneSignal(_ ranks: Int) throws {
      let broken = folder()
      defer { try? FileManager.default.removeItem(atPath: broken) }
      let fault = "storm:3:\(max(0, ranks - 1))"
      let end = try run(ranks, broken, ["--checkpoint-every", "1"], fault: fault)
      #expect(end.exitCode == 75, "\(end.errors)")
      #expect(try run(2, broken, ["--resume", "auto"]).exitCode == 0)
      #expect(try results(broken) == Self.undisturbed)
    }

    /// Row 31: a launcher of another library starts processes that are each one of one.
    @Test func row31_aLauncherThatDoesNotFitIsRefused() throws {
      let end = try Launcher.alone(
        Self.command, ["train"],
        environment: ["OMPI_COMM_WORLD_SIZE": "4", "OMPI_COMM_WORLD_RANK": "1"]
      ).wait(seconds: 30)
      #expect(end.exitCode == 78, "\(end.errors)")
      #expect(end.errors.contains("4"), "\(end.errors)")
    }

    /// Row 32: a rank that runs out of memory takes the job down, but nothing that was stored.
    @Test func row32_outOfMemoryLosesNothing() throws {
      let broken = folder()
      defer { try? FileManager.default.removeItem(atPath: broken) }
      let end = try Launcher.shell(
        "ulimit -v 4000000; FAULT=memory:7:0 exec \"$0\" train --output \(broken) "
          + "--checkpoint-every 2", Self.command
      ).wait(seconds: 60)
      #expect(end.exitCode > 128, "\(end.exitCode) \(end.errors)")
      #expect(try run(2, broken, ["--resume", "auto"]).exitCode == 0)
      #expect(try results(broken) == Self.undisturbed)
    }

    /// Row 20: files or variables that differ from rank to rank.
    @Test(.enabled(if: requireMPI()))
    func row20_configurationsThatDifferAreRefused() throws {
      let folder = folder()
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(atPath: folder) }
      let first = ["train", "--output", "\(folder)/run", "--set", "lower-rate=0.01"]
      let second = ["train", "--output", "\(folder)/run", "--set", "lower-rate=0.02"]
      let end = try Launcher.mpirunDiffering(Self.command, [([], first), ([], second)])
        .wait(seconds: 60)
      #expect(end.exitCode == 78, "\(end.errors)")
      #expect(!FileManager.default.fileExists(atPath: "\(folder)/run"))
      #expect(
        end.errors.contains("was started with lower-rate=0.02, rank 0 with lower-rate=0.01"),
        "\(end.errors)")
      // A configuration file and variables are rank 0's: what other machines have does not count.
      let arguments = ["train", "--output", "\(folder)/run", "--steps", "1"]
      let same = try Launcher.mpirunDiffering(
        Self.command, [([], arguments), (["-x", "IGBM_LOWER_RATE=0.02"], arguments)]
      ).wait(seconds: 60)
      #expect(same.exitCode == 0, "\(same.errors)")
      let used = String(decoding: try bytes("\(folder)/run/configuration.yaml"), as: UTF8.self)
      #expect(used.contains("lower-rate: 0.1\n"), "\(used)")
    }

    /// Row 21: kernels that differ are mentioned, and refused if so wished.
    @Test(.enabled(if: requireMPI()))
    func row21_kernelsThatDiffer() throws {
      let folder = folder()
      defer { try? FileManager.default.removeItem(atPath: folder) }
      for (more, code) in [([], 0), (["--strict"], 78)] as [([String], Int32)] {
        let arguments = ["train", "--output", folder] + more
        let end = try Launcher.mpirunDiffering(
          Self.command, [(["-x", "IGBM_KERNELS=portable"], arguments), ([], arguments)]
        ).wait(seconds: 60)
        // A machine without vector kernels has nothing to tell apart.
        guard end.errors.contains("kernels") || code != 0 else { return }
        #expect(end.exitCode == code, "\(end.errors)")
        #expect(end.errors.contains("rank 0 portable"), "\(end.errors)")
      }
    }
  }
#endif
