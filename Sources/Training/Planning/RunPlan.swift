import Machine

/// What a whole run would take: the ranks' plans put together.
public struct RunPlan: Sendable, Codable, Hashable {
  /// A setting, and where its value came from.
  public struct Setting: Sendable, Codable, Hashable {
    /// The key.
    public let key: String
    /// The value.
    public let value: String
    /// `default`, `command line`, a file and its line, or a variable.
    public let from: String

    /// A setting.
    public init(_ key: String, _ value: String, from: String) {
      self.key = key
      self.value = value
      self.from = from
    }
  }

  /// When checkpoints are stored: after so many steps or seconds, 0 for never.
  public struct Checkpoints: Sendable, Codable, Hashable {
    /// Steps between two; 0 where time counts.
    public let steps: Int
    /// Seconds between two; 0 where steps count.
    public let seconds: Int

    /// When checkpoints are stored.
    public init(steps: Int = 0, seconds: Int = 0) {
      self.steps = steps
      self.seconds = seconds
    }

    /// Whether there are any.
    public var areStored: Bool { steps > 0 || seconds > 0 }
  }

  /// The output folder, as rank 0 sees it.
  public struct Output: Sendable, Codable, Hashable {
    /// The folder.
    public let folder: String
    /// Bytes free on its disk; `nil` where that is not known.
    public let freeBytes: Int?
    /// Whether a run is stored there.
    public let holdsRun: Bool

    /// An output folder.
    public init(_ folder: String, freeBytes: Int?, holdsRun: Bool) {
      self.folder = folder
      self.freeBytes = freeBytes
      self.holdsRun = holdsRun
    }
  }

  /// The problem.
  public let problem: String
  /// All settings as they will be used.
  public let settings: [Setting]
  /// Upper steps, and those that a stored state has behind it.
  public let steps, stepsDone: Int
  /// Tasks of a step.
  public let tasks: Int
  /// When checkpoints are stored.
  public let checkpoints: Checkpoints
  /// Where the run is stored.
  public let output: Output
  /// The state to go on from.
  public let resumesFrom: String?
  /// The ranks, in order.
  public let ranks: [RankPlan]

  /// A run's plan.
  public init(
    problem: String, settings: [Setting], steps: Int, stepsDone: Int, tasks: Int,
    checkpoints: Checkpoints, output: Output, resumesFrom: String?, ranks: [RankPlan]
  ) {
    self.problem = problem
    self.settings = settings
    self.steps = steps
    self.stepsDone = stepsDone
    self.tasks = tasks
    self.checkpoints = checkpoints
    self.output = output
    self.resumesFrom = resumesFrom
    self.ranks = ranks
  }

  /// The value of a setting.
  func value(of key: String) -> String? { settings.first { $0.key == key }?.value }

  /// Steps that are still to be made.
  public var stepsLeft: Int { max(steps - stepsDone, 0) }

  /// Seconds of a step: those of the rank that takes longest, and the exchange. `nil` where nothing was measured.
  public var stepSeconds: Double? {
    let working = ranks.compactMap { rank in
      rank.probe?.taskSeconds.map { $0 * Double(rank.tasks) }
    }
    guard let longest = working.max() else { return nil }
    return longest + (ranks.compactMap { $0.probe?.exchangeSeconds }.max() ?? 0)
  }

  /// Seconds of all steps, and of the scorings on the way and at the end.
  public var runSeconds: Double? {
    guard let stepSeconds else { return nil }
    return Double(stepsLeft) * stepSeconds + scoringSeconds
  }

  /// Seconds of all scorings to come.
  private var scoringSeconds: Double {
    func setting(_ key: String) -> Int { Int(value(of: key) ?? "") ?? 0 }
    let (tasks, every) = (setting("evaluation-tasks"), setting("evaluation-every"))
    // Before each step to come that follows one to be scored after.
    let scorings = every > 0 ? (steps - 1) / every - (max(stepsDone, 1) - 1) / every : 0
    let each = ranks.compactMap { $0.probe?.evaluationSeconds }.max() ?? 0
    func seconds(_ tasks: Int) -> Double {
      (Double(tasks) / Double(max(ranks.count, 1))).rounded(.up) * each
    }
    return Double(max(scorings, 0)) * seconds(min(tasks, Evaluation.fewTasks)) + seconds(tasks)
  }

  /// Bytes of a stored state.
  public var stateBytes: Int { ranks.first?.stateBytes ?? 0 }

  /// The most bytes that the run's folder comes to, while a checkpoint is written: about what, for lines of metrics
  /// differ in length.
  public var diskBytes: Int {
    let metricsLine = 400
    let timingsLine = 100 + 50 * ranks.count
    let files = checkpoints.areStored ? RunFolder.kept + 2 : 1
    return files * stateBytes + steps * (metricsLine + timingsLine)
  }
}
