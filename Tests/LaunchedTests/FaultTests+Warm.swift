#if MPI
  import Foundation
  import TestSupport
  import Testing

  /// Kills of runs whose tasks keep something from one upper step to the next.
  extension LaunchedTests.FaultTests {
    /// Everything that a task can keep, over batches.
    private static let warm = [
      "start=previous", "warm-solve=true", "batch=4", "solve-batch=5", "fresh-products=true",
      "validation-batch=6", "lower-rule=adam", "lower-rate=0.01", "lower-steps=3",
    ]
    /// Tables over blocks, one lower step in an upper one.
    private static let tables = [
      "method=saba", "start=previous", "lower-rule=momentum", "lower-rate=0.01", "lower-steps=1",
      "blocks=3", "validation-blocks=4",
    ]

    /// Killed on the last of so many ranks, and gone on with another number of them and the other schedule: the bytes of one
    /// process that was never stopped.
    private func isTheSame(
      _ keys: [String], ranks: Int, _ schedule: String, fault: String,
      _ sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      let (whole, broken) = (folder(), folder())
      defer { for path in [whole, broken] { try? FileManager.default.removeItem(atPath: path) } }
      let settings = keys.flatMap { ["--set", $0] }
      let straight = try run(0, whole, settings)
      #expect(straight.exitCode == 0, "\(straight.errors)", sourceLocation: sourceLocation)
      let killed = try run(ranks, broken, settings + ["--schedule", schedule], fault: fault)
      #expect(killed.exitCode != 0, sourceLocation: sourceLocation)
      #expect(
        !FileManager.default.fileExists(atPath: "\(broken)/state.safetensors"),
        sourceLocation: sourceLocation)
      let other = schedule == "static" ? "dynamic" : "static"
      let end = try run(
        ranks % 4 + 1, broken, settings + ["--schedule", other, "--resume", "auto"])
      #expect(end.exitCode == 0, "\(end.errors)", sourceLocation: sourceLocation)
      #expect(end.output.contains("going on from"), sourceLocation: sourceLocation)
      #expect(try results(broken) == results(whole), sourceLocation: sourceLocation)
      let state = try bytes("\(broken)/state.safetensors")
      #expect(
        state.range(of: Data("lower/".utf8)) != nil, "tasks keep something",
        sourceLocation: sourceLocation)
    }

    @Test(
      .enabled(if: requireMPI()),
      arguments: [(1, "static"), (2, "dynamic"), (3, "static"), (4, "dynamic")])
    func parity_warmRuns(_ ranks: Int, _ schedule: String) throws {
      try isTheSame(Self.warm, ranks: ranks, schedule, fault: "kill:5:\(ranks - 1)")
    }

    /// One task, whose rows the ranks share; or two that two teams have.
    @Test(
      .enabled(if: requireMPI()),
      arguments: [(2, "static", "1"), (3, "dynamic", "1"), (4, "static", "2")])
    func parity_teams(_ ranks: Int, _ schedule: String, _ tasks: String) throws {
      try isTheSame(
        Self.warm + ["tasks=\(tasks)", "slabs=4"], ranks: ranks, schedule,
        fault: "kill:5:\(ranks - 1)")
    }

    @Test(.enabled(if: requireMPI()), arguments: ["static", "dynamic"])
    func parity_tablesOverBlocks(_ schedule: String) throws {
      try isTheSame(Self.tables, ranks: 3, schedule, fault: "kill:8:1")
    }
  }
#endif
