/// Where a step's time went, by rank. Differs from run to run: no decision depends on it.
public struct StepTiming: Sendable, Hashable {
  /// The step's number, from 0.
  public let step: Int
  /// Seconds from the step's begin to its end, on rank 0.
  public let seconds: Double
  /// Tasks that each rank computed.
  public let tasks: [Int]
  /// Seconds of each rank for drawing its tasks and adapting lower models.
  public let adapting: [Double]
  /// Seconds of each rank for hypergradients.
  public let solving: [Double]

  /// A step's times.
  public init(
    step: Int, seconds: Double, tasks: [Int], adapting: [Double], solving: [Double]
  ) {
    self.step = step
    self.seconds = seconds
    self.tasks = tasks
    self.adapting = adapting
    self.solving = solving
  }

  /// Seconds of each rank for its tasks.
  public var working: [Double] { zip(adapting, solving).map(+) }

  /// Seconds that each rank waited for the slowest.
  public var waiting: [Double] {
    let working = working
    let slowest = working.max() ?? 0
    return working.map { slowest - $0 }
  }

  /// Seconds of each rank for the exact sum over ranks, the update and the broadcast: what is left.
  public var communicating: [Double] {
    let slowest = working.max() ?? 0
    return working.map { _ in max(0, seconds - slowest) }
  }
}

/// This rank's share of a step, as it is measured.
struct RankTiming {
  var tasks = 0
  var adapting = Duration.zero
  var solving = Duration.zero
}

extension Duration {
  /// In seconds.
  var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }

  /// In nanoseconds.
  var nanoseconds: Int64 {
    components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
  }
}
