import BilevelOptimization
import MessagePassing

/// What a step's tasks add up to on this rank, and then on all. All of it travels as integers, so that neither the number
/// of ranks nor the order of tasks changes a bit: in one allreduce all that is small, each task's figures and the size of its
/// hypergradient among it, which tells whether a rank failed and how hypergradients are to be added up; in a second one
/// the hypergradients (in one each for such as lie too far apart in size, and in none where all are 0).
package struct StepReduction {
  /// Of hypergradients.
  private var sum: ExactSum
  /// Whole numbers that travel with the sum.
  private var counts = [Int64](
    repeating: 0, count: Count.reasons + SolveReport.Reason.allCases.count)
  private var slots: Slots
  /// The names of the lower model's parameters.
  private let lowerParameters: [String]

  private enum Count {
    static let (products, negativeCurvature, failedRanks, skipped, checkpoints) = (0, 1, 2, 3, 4)
    static let (marks, squaredMarks, unconverged) = (5, 6, 7)
    static let (growing, diverging) = (8, 9)
    static let stops = 10
    static let reasons = stops + StopSignal.allCases.count
  }

  /// A sum over `tasks` tasks of hypergradients with `count` numbers, on `ranks` ranks; `lowerParameters` are the names
  /// of the lower model's.
  package init(parameters count: Int, tasks: Int, ranks: Int, lowerParameters: [String] = []) {
    self.lowerParameters = lowerParameters
    slots = Slots(tasks: tasks, ranks: ranks)
    sum = ExactSum(count: count, terms: tasks)
  }

  /// Bytes that a rank gives to the reduction, where hypergradients need two words a number.
  package var byteCount: Int { MemoryLayout<Int64>.stride * (small.count + 2 * sum.count) }

  package mutating func clear() {
    sum.clear()
    for index in counts.indices { counts[index] = 0 }
    slots.clear()
  }

  /// Adds a task.
  ///
  /// - Throws: `ExactSumError` for numbers that are not finite; nothing is added then.
  package mutating func add(
    _ hypergradient: [Double], _ report: HypergradientReport, task: Int,
    lowerTolerance: Double = 0
  ) throws {
    let figures = [report.upperLoss, report.lowerGradientNorm, report.solve.residual]
    _ = try figures.withUnsafeBufferPointer { try ExactSum.largestMagnitude(of: $0) }
    try add(hypergradient, task: task)
    let flat = report.flatParameters.first.flatMap { lowerParameters.firstIndex(of: $0) }
    slots.fill(task: task, report, flat: flat)
    if lowerTolerance > 0, report.lowerGradientNorm > lowerTolerance {
      counts[Count.unconverged] += 1
    }
    counts[Count.growing] += report.isAdaptationDiverging ? 1 : 0
    counts[Count.diverging] += report.solve.isDiverging ? 1 : 0
    counts[Count.products] += Int64(report.solve.products)
    counts[Count.negativeCurvature] += report.solve.negativeCurvatureSteps > 0 ? 1 : 0
    if let reason = SolveReport.Reason.allCases.firstIndex(of: report.solve.reason) {
      counts[Count.reasons + reason] += 1
    }
  }

  /// Adds a task's hypergradient alone.
  mutating func add(_ hypergradient: [Double], task: Int) throws {
    let size = try hypergradient.withUnsafeBufferPointer { try sum.add($0) }
    slots.fill(task: task, size: size)
  }

  /// Notes that this rank failed: every rank will know after ``reduce(_:)``.
  package mutating func fail() { counts[Count.failedRanks] += 1 }

  /// Adds a mark of this rank's upper parameters. The ranks' marks x are all the same exactly where
  /// n sum(x^2) = (sum x)^2 (Cauchy and Schwarz), so that no message of its own is needed to compare them.
  mutating func add(mark: Int64) {
    counts[Count.marks] = mark
    counts[Count.squaredMarks] = mark * mark
  }

  /// Whether all ranks added the same mark; `ranks` is their number.
  func areMarksEqual(_ ranks: Int) -> Bool {
    let product = Int64(ranks).multipliedFullWidth(by: counts[Count.squaredMarks])
    let square = counts[Count.marks].multipliedFullWidth(by: counts[Count.marks])
    return product == square
  }

  /// Notes that a task was left out.
  package mutating func skip(task: Int) {
    counts[Count.skipped] += 1
    slots.skip(task: task)
  }

  /// Notes how long this rank's tasks took.
  mutating func add(_ timing: RankTiming, rank: Int) { slots.fill(rank: rank, timing) }

  /// All ranks' times, once reduced.
  func timing(step: Int, seconds: Double) -> StepTiming {
    slots.timing(step: step, seconds: seconds)
  }

  /// Adds what this rank asks for at the step's end.
  mutating func add(_ requests: StepRequests) {
    if requests.checkpoint { counts[Count.checkpoints] += 1 }
    if let stop = requests.stop { counts[Count.stops + Int(stop.rawValue)] += 1 }
  }

  /// What any rank asked for; of several signals the first of ``StopSignal``.
  var requests: StepRequests {
    StepRequests(
      checkpoint: counts[Count.checkpoints] > 0,
      stop: StopSignal.allCases.first { counts[Count.stops + Int($0.rawValue)] > 0 })
  }

  /// Tasks left out, over all ranks once reduced.
  var skipped: Int { Int(counts[Count.skipped]) }

  /// Adds up over all ranks; the hypergradients only where none failed.
  ///
  /// - Returns: How many ranks failed.
  package mutating func reduce(_ communicator: any Communicator) throws(MessagePassingError) -> Int
  {
    let isAlone = communicator.size == 1
    if !isAlone { slots.fill(rank: communicator.rank, lowestBit: sum.lowestBit) }
    var words = small
    try communicator.sum(&words)
    small = words
    let failed = Int(counts[Count.failedRanks])
    if failed == 0 {
      let spans = sum.arrange(slots.sizes)
      if isAlone { return failed }
      try sum.reduce(spans, lowestBit: slots.lowestBit) {
        words throws(MessagePassingError) in try communicator.sum(words)
      }
    }
    return failed
  }

  /// All but the hypergradients.
  private var small: [Int64] {
    get { counts + slots.words }
    set {
      let count = counts.count
      counts = Array(newValue[..<count])
      slots.words = Array(newValue[count...])
    }
  }

  /// The mean hypergradient over `tasks` tasks.
  package func hypergradient(over tasks: Int) -> [Double] {
    sum.values().map { $0 / Double(tasks) }
  }

  package func summary(step: Int, tasks: Int, hypergradient: [Double]) -> StepSummary {
    let means = slots.figureSums.map { $0 / Double(tasks) }
    let reasons = SolveReport.Reason.allCases.enumerated().map {
      ($1, Int(counts[Count.reasons + $0]))
    }
    return StepSummary(
      step: step, tasks: tasks, skipped: skipped, upperLoss: means[0],
      worstUpperLoss: slots.worst?.upperLoss ?? .nan, worstTask: slots.worst?.task ?? 0,
      lowerGradientNorm: means[1], unconverged: Int(counts[Count.unconverged]),
      growing: Int(counts[Count.growing]), residual: means[2],
      products: Int(counts[Count.products]),
      reasons: Dictionary(uniqueKeysWithValues: reasons),
      negativeCurvature: Int(counts[Count.negativeCurvature]),
      diverging: Int(counts[Count.diverging]),
      flatParameter: slots.flatParameter.map { lowerParameters[$0] },
      smallestCurvature: slots.smallestCurvature,
      hypergradientNorm: hypergradient.euclideanNorm)
  }
}
