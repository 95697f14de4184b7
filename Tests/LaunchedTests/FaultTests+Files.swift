#if MPI
  import Foundation
  import TestSupport
  import Testing

  /// Faults of disks and files.
  extension LaunchedTests.FaultTests {
    /// Row 4: a full disk ends the run in order, keeps what was stored, and with room it goes on.
    @Test(.enabled(if: LaunchedTests.canMount))
    func row4_aFullDiskKeepsTheCheckpoints() throws {
      let (whole, disk) = (folder(), folder())
      try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
      defer { for path in [whole, disk] { try? FileManager.default.removeItem(atPath: path) } }
      #expect(try run(0, whole).exitCode == 0)
      let end = try Launcher.shell(
        """
        unshare -m bash -c '
          mount -t tmpfs -o size=1m none \(disk) || exit 99
          "$0" train --output \(disk)/run --checkpoint-every 2 --steps 4 || exit 98
          dd if=/dev/zero of=\(disk)/filler bs=1k 2>/dev/null
          truncate -s -24K \(disk)/filler
          "$0" train --output \(disk)/run --checkpoint-every 2 --resume auto
          echo "code $?"; ls \(disk)/run/checkpoints
          rm \(disk)/filler
          "$0" train --output \(disk)/run --checkpoint-every 2 --resume auto || exit 97
          cp -r \(disk)/run \(whole)/other
        ' "$0"
        """, Self.command
      ).wait(seconds: 60)
      #expect(end.exitCode == 0, "\(end.errors)")
      #expect(
        end.output.contains("code 74\nstep-000000002.safetensors\nstep-000000004.safetensors"))
      #expect(end.errors.contains("the checkpoint before it is kept"), "\(end.errors)")
      // The lines of metrics that the full disk lost are all that is missing.
      #expect(
        try bytes("\(whole)/other/state.safetensors") == bytes("\(whole)/state.safetensors"))
    }

    /// Row 6: a folder that cannot be is an error before anything is computed.
    @Test(.enabled(if: requireMPI()), arguments: [0, 2])
    func row6_anOutputThatCannotBeIsRefusedAtOnce(_ ranks: Int) throws {
      let file = folder()
      try Data("not a folder".utf8).write(to: URL(fileURLWithPath: file))
      defer { try? FileManager.default.removeItem(atPath: file) }
      let end = try run(ranks, "\(file)/run")
      #expect([66, 74].contains(end.exitCode), "\(end.exitCode)")
      #expect(end.errors.contains("\(file)/run"), "\(end.errors)")
      #expect(!end.errors.contains("step "))
    }

    /// Row 14: an update that overflows is not made; what was stored before is whole.
    @Test(.enabled(if: requireMPI()))
    func row14_anUpdateThatOverflowsStopsAllRanks() throws {
      let folder = folder()
      defer { try? FileManager.default.removeItem(atPath: folder) }
      #expect(try run(2, folder, ["--steps", "4"]).exitCode == 0)
      let more = ["--resume", "auto", "--set", "upper-rate=1e12", "--allow-change", "upper-rate"]
      let end = try run(3, folder, more)
      #expect(end.exitCode == 65, "\(end.errors)")
      let inspected = try Launcher.alone(
        "igbm-dist", ["inspect", "\(folder)/checkpoints/step-000000004.safetensors"]
      ).wait(seconds: 30)
      #expect(inspected.exitCode == 0)
      #expect(try run(1, folder, ["--resume", "auto"]).exitCode == 0)
    }

    /// Row 22: data that one rank cannot see are one error on all ranks.
    @Test(.enabled(if: requireMPI()))
    func row22_dataMissingOnOneRank() throws {
      let (with, without) = (folder(), folder())
      for path in [with, without] {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      }
      defer { for path in [with, without] { try? FileManager.default.removeItem(atPath: path) } }
      let rows = (0..<400).map { "\($0),\($0 % 7),\(3 * $0 % 11)" }.joined(separator: "\n")
      try rows.write(toFile: "\(with)/table.csv", atomically: true, encoding: .utf8)
      let arguments = [
        "train", "regularisation", "--steps", "1", "--set", "data=table.csv", "--set",
        "kind=regression",
      ]
      let end = try Launcher.mpirunDiffering(
        "igbm-dist", [(["-wdir", with], arguments), (["-wdir", without], arguments)]
      ).wait(seconds: 30)
      #expect(end.exitCode == 66, "\(end.errors)")
      #expect(end.errors.contains("table.csv") && end.errors.contains("rank 1 on"), "\(end.errors)")
      #expect(!end.errors.contains("rank 0 on"), "\(end.errors)")
    }

    /// Row 33: metrics, times and events that cannot be written any more cost their lines, not the run, and each is said:
    /// at once, and how many at the end.
    @Test func row33_lostMetricsDoNotEndTheRun() throws {
      let (whole, limited) = (folder(), folder())
      defer { for path in [whole, limited] { try? FileManager.default.removeItem(atPath: path) } }
      let steps = ["--steps", "400"]
      #expect(try run(0, whole, steps + ["--checkpoint-every", "50"]).exitCode == 0)
      // A checkpoint of 45 KB fits, 400 lines do not, those of times (54 KB) neither.
      let end = try Launcher.shell(
        "ulimit -f 47; exec \"$0\" train --steps 400 --output \(limited) --checkpoint-every 50 "
          + "--metrics tensorboard",
        Self.command
      ).wait(seconds: 60)
      #expect(end.exitCode == 0, "\(end.errors)")
      for name in ["metrics.jsonl", "timings.jsonl", "tfevents"] {
        let warnings = end.errors.split(separator: "\n").filter { $0.contains(name) }
        #expect(warnings.count == 2, "\(name): \(end.errors)")
        let first = "cannot be written: its lines are lost until it can"
        #expect(warnings.first?.hasSuffix(first) == true)
        #expect(warnings.last?.hasSuffix("could not be written") == true)
      }
      #expect(
        try bytes("\(limited)/state.safetensors").suffix(40_000)
          == bytes("\(whole)/state.safetensors").suffix(40_000))
      let text = String(decoding: try bytes("\(limited)/metrics.jsonl"), as: UTF8.self)
      #expect(text.hasSuffix("}\n"))
      // A run that goes on says what is missing.
      let more = try run(0, limited, ["--steps", "402", "--resume", "auto"])
      #expect(more.exitCode == 0 && more.errors.contains("metrics.jsonl lacks"), "\(more.errors)")
    }
  }
#endif
