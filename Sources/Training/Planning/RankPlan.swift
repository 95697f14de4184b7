import Machine

/// What a run would take on one rank: what can be known before its first step, and what a short probe measured.
public struct RankPlan: Sendable, Codable, Hashable {
  /// A part of a rank's memory.
  public struct Part: Sendable, Codable, Hashable {
    /// What it is for.
    public let name: String
    /// Its bytes.
    public let bytes: Int

    package init(name: String, bytes: Int) {
      self.name = name
      self.bytes = bytes
    }
  }

  /// What one task took, and how its hypergradient came about.
  public struct Probe: Sendable, Codable, Hashable {
    /// Seconds of one task: its data, its adaptation, its hypergradient. `nil` for a rank without tasks.
    public let taskSeconds: Double?
    /// Seconds of one exchange between the ranks.
    public let exchangeSeconds: Double
    /// Seconds of one held-out task; `nil` where there are none.
    public let evaluationSeconds: Double?
    /// The lower gradient's norm after adaptation.
    public let lowerGradientNorm: Double?

    package init(
      taskSeconds: Double?, exchangeSeconds: Double, evaluationSeconds: Double?,
      lowerGradientNorm: Double?
    ) {
      self.taskSeconds = taskSeconds
      self.exchangeSeconds = exchangeSeconds
      self.evaluationSeconds = evaluationSeconds
      self.lowerGradientNorm = lowerGradientNorm
    }
  }

  /// The rank.
  public let rank: Int
  /// The machine that runs it.
  public let hostName: String
  /// Its kernels.
  public let kernels: String
  /// Its tasks of a step: the first one, and how many.
  public let firstTask, tasks: Int
  /// Upper and lower parameters.
  public let upperParameters, lowerParameters: Int
  /// Its memory, part by part.
  public let memory: [Part]
  /// The most memory that it had in use after the probe.
  public let peakMemory: Int?
  /// Bytes that it gives to a step's exact sum, and gets from the broadcast.
  public let sumBytes, broadcastBytes: Int
  /// Bytes of a stored state.
  public let stateBytes: Int
  /// Pieces of data that the problem read.
  public let data: [String]
  /// Virtual memory before the probe, which the limit of address space counts.
  public let virtualMemory: Int?
  /// What the system lets it take.
  public let limits: ProcessLimits
  /// Its machine.
  public let machine: MachineDescription
  /// What the method says of the run to come, each a line with its remedy.
  public let advice: [String]
  /// What it says of its linear systems, and what would solve them.
  public let recommendations: [String]
  /// `nil` where memory would not suffice for one.
  public let probe: Probe?

  package init(
    rank: Int, hostName: String, kernels: String, firstTask: Int, tasks: Int,
    upperParameters: Int, lowerParameters: Int, memory: [Part], peakMemory: Int?, sumBytes: Int,
    broadcastBytes: Int, stateBytes: Int, data: [String], virtualMemory: Int?,
    limits: ProcessLimits, machine: MachineDescription, advice: [String], recommendations: [String],
    probe: Probe?
  ) {
    self.rank = rank
    self.hostName = hostName
    self.kernels = kernels
    self.firstTask = firstTask
    self.tasks = tasks
    self.upperParameters = upperParameters
    self.lowerParameters = lowerParameters
    self.memory = memory
    self.peakMemory = peakMemory
    self.sumBytes = sumBytes
    self.broadcastBytes = broadcastBytes
    self.stateBytes = stateBytes
    self.data = data
    self.virtualMemory = virtualMemory
    self.limits = limits
    self.machine = machine
    self.advice = advice
    self.recommendations = recommendations
    self.probe = probe
  }

  /// All of its memory.
  public var totalMemory: Int { max(memory.reduce(0) { $0 + $1.bytes }, peakMemory ?? 0) }
}
