#if MPI
  import Foundation
  import TestSupport
  import Testing

  /// Folders and files that change under a run.
  extension LaunchedTests.FaultTests {
    private func wait(until isDone: () -> Bool) -> Bool {
      let limit = Date(timeIntervalSinceNow: 30)
      while !isDone(), Date() < limit { Thread.sleep(forTimeInterval: 0.01) }
      return Date() < limit
    }

    func wait(for path: String) -> Bool {
      wait { FileManager.default.fileExists(atPath: path) }
    }

    /// Waits until a run has made so many steps.
    func waitForSteps(_ folder: String, _ count: Int = 1) -> Bool {
      wait {
        let lines = (try? bytes("\(folder)/metrics.jsonl"))?.count { $0 == UInt8(ascii: "\n") }
        return lines ?? 0 >= count
      }
    }

    /// A run of so many steps that it is still going on when it is looked at.
    func longRun(
      _ ranks: Int, _ folder: String, _ more: [String] = []
    ) throws -> RunningProgram {
      let arguments = ["train", "--output", folder, "--steps", "1000000", "--quiet"] + more
      return ranks == 0
        ? try Launcher.alone(Self.command, arguments)
        : try Launcher.mpirun(ranks, Self.command, arguments)
    }

    /// The run ends, and nothing of it gets into the folder that has taken its folder's place.
    @Test(.enabled(if: requireMPI()), arguments: [0, 2])
    func aRunWhoseFolderIsMovedEnds(_ ranks: Int) throws {
      let (path, moved) = (folder(), folder())
      defer { for path in [path, moved] { try? FileManager.default.removeItem(atPath: path) } }
      let program = try longRun(ranks, path, ["--checkpoint-every", "20"])
      #expect(wait(for: "\(path)/checkpoints/step-000000020.safetensors"))
      try FileManager.default.moveItem(atPath: path, toPath: moved)
      #expect(try run(0, path).exitCode == 0)
      let expected = try results(path)
      let end = program.wait(seconds: 30)
      #expect(end.exitCode == 74, "\(end.errors)")
      #expect(end.errors.contains("\(path): was moved, removed or replaced"), "\(end.errors)")
      #expect(try results(path) == expected)
      #expect(
        try Launcher.alone(Self.command, ["report", moved]).wait(seconds: 30).exitCode == 0)
    }

    /// Without checkpoints, too, it does not go on for nothing.
    @Test func aRunWhoseFolderIsRemovedEnds() throws {
      let path = folder()
      let program = try longRun(0, path)
      #expect(waitForSteps(path))
      // Files may be made while it is being removed.
      while FileManager.default.fileExists(atPath: path) {
        try? FileManager.default.removeItem(atPath: path)
      }
      let end = program.wait(seconds: 30)
      #expect(end.exitCode == 74, "\(end.errors)")
      #expect(!FileManager.default.fileExists(atPath: path))
    }

    /// Every start in a used folder keeps what was there.
    @Test func everyEarlierRunIsKept() throws {
      let path = folder()
      defer { try? FileManager.default.removeItem(atPath: path) }
      var states: [Data] = []
      for proximal in 1...4 {
        #expect(try run(0, path, ["--set", "proximal=\(proximal)"]).exitCode == 0)
        states.append(try bytes("\(path)/state.safetensors"))
      }
      for number in 1...3 {
        let earlier = "\(path)/earlier-\(number)"
        #expect(try bytes("\(earlier)/state.safetensors") == states[number - 1])
        let metrics = String(decoding: try bytes("\(earlier)/metrics.jsonl"), as: UTF8.self)
        #expect(metrics.split(separator: "\n").count == 12)
        #expect(
          try Launcher.alone(Self.command, ["report", earlier]).wait(seconds: 30).exitCode == 0)
      }
    }

    /// Metrics that somebody removes while the run goes on.
    @Test func removedMetricsAreSaid() throws {
      let path = folder()
      defer { try? FileManager.default.removeItem(atPath: path) }
      let program = try longRun(0, path, ["--checkpoint-every", "20"])
      #expect(wait(for: "\(path)/checkpoints/step-000000020.safetensors"))
      try FileManager.default.removeItem(atPath: "\(path)/metrics.jsonl")
      Thread.sleep(forTimeInterval: 0.5)
      program.send(SIGUSR1)
      let end = program.wait(seconds: 20)
      #expect(end.exitCode == 75, "\(end.errors)")
      let warnings = end.errors.split(separator: "metrics.jsonl was removed or replaced").count - 1
      #expect(warnings == 1, "\(end.errors)")
    }
  }
#endif
