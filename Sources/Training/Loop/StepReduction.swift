import BilevelOptimization
import MessagePassing

/// What a step's tasks add up to on this rank, and then on all. All of it travels as integers, so that neither the number
/// of ranks nor the order of tasks changes a bit: in one allreduce all that is small, each task's figures and the size of its
/// hypergradient among it, which tells whether a rank failed and how hypergradients are to be added up; in a second one
/// the hypergradients (in one each for such as lie too far apart in size, and in none where all are 0).
package final class StepReduction {
  /// Of hypergradients.
  private var sum: ExactSum
  /// What takes its place where one rank has one task.
  private var lone: LoneRow
  private let isLone: Bool
  /// Whole numbers that travel with the sum.
  private var counts = [Int64](repeating: 0, count: Count.all)
  private var slots: Slots
  /// What the method tells of each task.
  private let figures: [Figure]
  /// The names of the lower model's parameters.
  private let lowerParameters: [String]

  private enum Count {
    static let (failedRanks, skipped, checkpoints) = (0, 1, 2)
    static let (marks, squaredMarks, unconverged, growing) = (3, 4, 5, 6)
    static let stops = 7
    static let all = stops + StopSignal.allCases.count
  }

  /// A sum over `tasks` tasks of hypergradients with `count` numbers, on `ranks` ranks, with the method's figures;
  /// `lowerParameters` are the names of the lower model's.
  package init(
    parameters count: Int, tasks: Int, ranks: Int, figures: [Figure] = [],
    lowerParameters: [String] = []
  ) {
    self.figures = figures
    self.lowerParameters = lowerParameters
    slots = Slots(tasks: tasks, ranks: ranks, figures: figures.count)
    sum = ExactSum(count: count, terms: tasks)
    isLone = tasks == 1 && ranks == 1
    lone = LoneRow(count: isLone ? count : 0)
  }

  /// Bytes that a rank gives to the reduction, where hypergradients need two words a number.
  package var byteCount: Int { MemoryLayout<Int64>.stride * (small.count + 2 * sum.count) }

  package func clear() {
    sum.clear()
    lone.clear()
    for index in counts.indices { counts[index] = 0 }
    slots.clear()
  }

  /// Adds a task that `rank`, which is this one, computed.
  ///
  /// - Throws: `ExactSumError` for numbers that are not finite; nothing is added then.
  package func add(
    _ hypergradient: [Double], _ outcome: MethodOutcome, task: Int, rank: Int = 0,
    lowerTolerance: Double = 0
  ) throws {
    try outcome.requireFinite()
    try add(hypergradient, task: task)
    slots.fill(task: task, outcome, rank: rank)
    if lowerTolerance > 0, outcome.lowerGradientNorm > lowerTolerance {
      counts[Count.unconverged] += 1
    }
    counts[Count.growing] += outcome.isAdaptationDiverging ? 1 : 0
  }

  /// Throws what ``add(_:_:task:rank:lowerTolerance:)`` would: of a task that another rank of the team adds.
  func check(_ hypergradient: [Double], _ outcome: MethodOutcome) throws {
    try outcome.requireFinite()
    _ = try hypergradient.withUnsafeBufferPointer(ExactSum.size)
  }

  /// Adds a task's hypergradient alone.
  func add(_ hypergradient: [Double], task: Int) throws {
    let size = try hypergradient.withUnsafeBufferPointer {
      isLone ? try lone.set($0) : try sum.add($0)
    }
    slots.fill(task: task, size: size)
  }

  /// Notes that this rank failed: every rank will know after ``reduce(_:)``.
  package func fail() { counts[Count.failedRanks] += 1 }

  /// Adds a mark of this rank's upper parameters. The ranks' marks x are all the same exactly where
  /// n sum(x^2) = (sum x)^2 (Cauchy and Schwarz), so that no message of its own is needed to compare them.
  func add(mark: Int64) {
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
  package func skip() { counts[Count.skipped] += 1 }

  /// The rank that computed a task, once reduced; nil where it was left out.
  func owner(ofTask task: Int) -> Int? { slots.owner(ofTask: task) }

  /// Notes how long this rank's tasks took.
  func add(_ timing: RankTiming, rank: Int) { slots.fill(rank: rank, timing) }

  /// All ranks' times, once reduced.
  func timing(step: Int, seconds: Double) -> StepTiming {
    slots.timing(step: step, seconds: seconds)
  }

  /// Adds what this rank asks for at the step's end.
  func add(_ requests: StepRequests) {
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
  package func reduce(_ communicator: any Communicator) throws(MessagePassingError) -> Int {
    if communicator.size == 1 {
      if !sum.isArranged { _ = sum.arrange(slots.sizes) }
      return Int(counts[Count.failedRanks])
    }
    slots.fill(rank: communicator.rank, lowestBit: sum.lowestBit)
    var words = small
    try communicator.sum(&words)
    small = words
    let failed = Int(counts[Count.failedRanks])
    if failed == 0 {
      let spans = sum.arrange(slots.sizes)
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
    let values = isLone ? lone.values : sum.values()
    return tasks == 1 ? values : values.map { $0 / Double(tasks) }
  }

  package func summary(step: Int, tasks: Int, hypergradient: [Double]) -> StepSummary {
    let (filled, worst) = (slots.filled, slots.worst)
    return StepSummary(
      step: step, tasks: tasks, skipped: skipped,
      upperLoss: Self.sum(slots.upperLosses(filled)) / Double(tasks),
      worstUpperLoss: worst?.upperLoss ?? .nan, worstTask: worst?.task ?? 0,
      lowerGradientNorm: Self.sum(slots.lowerGradientNorms(filled)) / Double(tasks),
      unconverged: Int(counts[Count.unconverged]), growing: Int(counts[Count.growing]),
      figures: FigureValues(
        figures, parameters: lowerParameters,
        mean: { Self.sum($0) / Double($0.count) }, { slots.figures($0, filled) }),
      hypergradientNorm: hypergradient.euclideanNorm)
  }

  /// Rounded once.
  private static func sum(_ numbers: [Double]) -> Double {
    if numbers.count == 1 { return numbers[0] == 0 ? 0 : numbers[0] }
    var sum = RoundedSum()
    for number in numbers { sum.add(number) }
    return sum.value
  }
}

extension MethodOutcome {
  /// Throws where one of its numbers is infinite, or one that every task has is none.
  fileprivate func requireFinite() throws(ExactSumError) {
    func require(_ value: Double, _ index: Int) throws(ExactSumError) {
      if !value.isFinite { throw .diverged(index: index, value: value) }
    }
    try require(upperLoss, 0)
    try require(lowerGradientNorm, 1)
    var index = 2
    for figure in figures where !figure.isNaN {
      try require(figure, index)
      index += 1
    }
  }
}
