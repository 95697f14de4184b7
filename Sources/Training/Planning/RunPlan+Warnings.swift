import Machine

extension RunPlan {
  /// What will, or may, go wrong, each in a line with its remedy.
  public var warnings: [String] {
    taskWarnings + methodWarnings + timeWarnings + memoryWarnings + diskWarnings + rankWarnings
  }

  private static let longRun = 600.0

  private var taskWarnings: [String] {
    let idle = ranks.count(where: { $0.tasks == 0 })
    if idle > 0 {
      return [
        "\(ranks.count) ranks for \(tasks) tasks a step: \(idle) of them will have nothing to do; "
          + "start \(tasks) ranks, raise --tasks, or let ranks share tasks over rows (slabs)"
      ]
    }
    let most = ranks.map(\.tasks).max() ?? 0
    let share = Double(ranks.reduce(0) { $0 + $1.tasks }) / Double(max(most * ranks.count, 1))
    guard share < 0.85 else { return [] }
    return [
      "\(tasks) tasks are no multiple of \(ranks.count) ranks: they will wait "
        + "\(Int((100 * (1 - share)).rounded())) % of the time; set --tasks to a multiple"
    ]
  }

  /// Of the first rank that has any.
  private var methodWarnings: [String] {
    (ranks.first { $0.probe?.taskSeconds != nil } ?? ranks.first)?.advice ?? []
  }

  private var timeWarnings: [String] {
    var list: [String] = []
    if !checkpoints.areStored, let runSeconds, runSeconds > Self.longRun {
      list.append(
        "the run takes about \(Amount.time(runSeconds)) and stores no checkpoints: what ends it "
          + "early loses all of it; set --checkpoint-every 10m")
    }
    if checkpoints.steps > stepsLeft, stepsLeft > 0 {
      list.append(
        "checkpoints after every \(checkpoints.steps) steps, and the run has \(stepsLeft): none "
          + "will be stored on the way; set fewer")
    }
    if stepsLeft == 0, steps > 0 {
      list.append("the stored run has made all \(steps) steps; raise --steps to go on")
    }
    return list
  }

  private var memoryWarnings: [String] {
    var list: [String] = []
    for rank in ranks {
      let most = rank.totalMemory
      let place = ranks.count > 1 ? "rank \(rank.rank) on \(rank.hostName) " : "the process "
      let coming = rank.memory.dropFirst(2).reduce(0) { $0 + $1.bytes }
      if let limit = rank.limits.addressSpace, let virtual = rank.virtualMemory,
        virtual + coming > limit
      {
        list.append(
          "\(place)will want \(Amount.bytes(virtual + coming)) of address space, and its limit is "
            + "\(Amount.bytes(limit)); raise ulimit -v")
      }
      // One warning for a machine.
      let neighbours = ranks.filter { $0.hostName == rank.hostName }
      guard neighbours.first?.rank == rank.rank else { continue }
      let together = neighbours.reduce(0) { $0 + $1.totalMemory }
      let (limit, whose) = Self.room(rank.limits, rank.machine)
      if let limit, together > limit {
        list.append(
          "\(rank.hostName): \(neighbours.count) ranks of up to \(Amount.bytes(most)) are more "
            + "than \(whose), \(Amount.bytes(limit)); start fewer there, or ask for more memory")
      }
    }
    return list
  }

  private static func room(
    _ limits: ProcessLimits, _ machine: MachineDescription
  ) -> (Int?, String) {
    if let group = limits.controlGroupMemory, group < machine.memory ?? .max {
      return (group, "the memory limit of the control group (container, or job)")
    }
    return (machine.memory, "the machine's memory")
  }

  private var diskWarnings: [String] {
    var list: [String] = []
    if let free = output.freeBytes, free < diskBytes {
      list.append(
        "\(output.folder) will come to \(Amount.bytes(diskBytes)), and \(Amount.bytes(free)) are "
          + "free there; make room, or choose another --output")
    }
    if let limit = ranks.first?.limits.fileSize, limit < stateBytes {
      list.append(
        "a stored state has \(Amount.bytes(stateBytes)), and files may have "
          + "\(Amount.bytes(limit)); raise ulimit -f")
    }
    if output.holdsRun, resumesFrom == nil {
      list.append(
        "\(output.folder) holds a run, which this one sets aside; choose another --output, or go on "
          + "from it with --resume auto")
    }
    return list
  }

  private var rankWarnings: [String] {
    var list: [String] = []
    let kernels = Set(ranks.map(\.kernels))
    if kernels.count > 1, kernels.contains("portable") {
      list.append(
        "ranks have different kernels (\(kernels.sorted().joined(separator: ", "))): results are "
          + "those of a run on this mixture only; set IGBM_KERNELS=portable for all")
    }
    for rank in ranks where ranks.first(where: { $0.hostName == rank.hostName }) == rank {
      let count = ranks.count(where: { $0.hostName == rank.hostName })
      if count > rank.machine.threads {
        list.append(
          "\(rank.hostName): \(count) ranks share \(rank.machine.threads) threads of hardware; "
            + "start no more than one for each")
      }
    }
    return list
  }
}
