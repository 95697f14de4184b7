extension RunPlan {
  /// The plan as people read it.
  public var text: String {
    var tables = [settingsTable, tasksTable, memoryTable, costTable]
    let list = warnings
    tables.append(
      list.isEmpty
        ? "No problems found." : list.map { "warning: \($0)" }.joined(separator: "\n"))
    return tables.joined(separator: "\n\n")
  }

  private var settingsTable: String {
    Columns.text(
      "Settings, and where they come from",
      settings.map { [$0.key, $0.value.isEmpty ? "-" : $0.value, $0.from] })
  }

  private var tasksTable: String {
    let rows = ranks.map { rank in
      [
        "rank \(rank.rank)", rank.hostName,
        rank.tasks == 0
          ? "none"
          : rank.tasks == 1
            ? "\(rank.firstTask)" : "\(rank.firstTask) to \(rank.firstTask + rank.tasks - 1)",
        rank.probe?.taskSeconds.map(Amount.time) ?? "-",
      ]
    }
    return Columns.text(
      "Tasks of a step", [["", "machine", "tasks", "one took"]] + abridged(rows))
  }

  private var memoryTable: String {
    let names = ranks.first?.memory.map(\.name) ?? []
    func column(_ rank: RankPlan) -> [String] {
      rank.memory.map { Amount.bytes($0.bytes) }
        + [
          Amount.bytes(rank.memory.reduce(0) { $0 + $1.bytes }),
          rank.probe == nil ? "-" : rank.peakMemory.map(Amount.bytes) ?? "-",
        ]
    }
    // Rank 0, which stores states, and the others' largest.
    let others = ranks.dropFirst().max { $0.totalMemory < $1.totalMemory }
    let columns = [ranks.first, others].compactMap(\.self)
    let cells = columns.map(column)
    let rows = (names + ["together", "most in use after the probe"]).enumerated().map { row, name in
      [name] + cells.map { $0[row] }
    }
    let heading = [""] + columns.map { "rank \($0.rank)" }
    return Columns.text("Memory of a rank", [heading] + rows)
  }

  private var costTable: String {
    let first = ranks.first
    var rows = [
      [
        "parameters", "\(first?.upperParameters ?? 0) upper, \(first?.lowerParameters ?? 0) lower",
      ]
    ]
    if let data = first?.data, !data.isEmpty {
      rows.append(["data", "\(data.joined(separator: ", ")): read on every rank"])
    }
    if ranks.count > 1, let first {
      rows.append([
        "exchanged a step",
        "\(Amount.bytes(first.sumBytes)) a rank in the sum at most, "
          + "\(Amount.bytes(first.broadcastBytes)) in the broadcast",
      ])
    }
    rows.append(["stored state", Amount.bytes(stateBytes)])
    rows.append(["checkpoints", checkpointText])
    rows.append(["output", output.folder + (output.freeBytes.map(freeText) ?? "")])
    rows.append(["disk use", "up to \(Amount.bytes(diskBytes))"])
    if let resumesFrom { rows.append(["going on from", "\(resumesFrom), step \(stepsDone)"]) }
    let recommended = ranks.first { !$0.recommendations.isEmpty }?.recommendations ?? []
    rows += recommended.map { ["linear system", $0] }
    rows.append(["time of a step", stepSeconds.map(Amount.time) ?? "not measured"])
    rows.append([
      "time of the run",
      runSeconds.map { "\(Amount.time($0)) for \(stepsLeft) steps and the scoring after them" }
        ?? "not measured: memory would not suffice",
    ])
    return Columns.text("Cost", rows)
  }

  private func freeText(_ bytes: Int) -> String { " (\(Amount.bytes(bytes)) free)" }

  private var checkpointText: String {
    if checkpoints.steps > 0 { return "after every \(checkpoints.steps) steps, the last two kept" }
    if checkpoints.seconds > 0 {
      return "every \(Amount.time(Double(checkpoints.seconds))), the last two kept"
    }
    return "none"
  }

  /// The first and last few of many rows.
  private func abridged(_ rows: [[String]]) -> [[String]] {
    guard rows.count > 16 else { return rows }
    let gap = ["... \(rows.count - 14) more"]
    return rows.prefix(12) + [gap] + rows.suffix(2)
  }
}
