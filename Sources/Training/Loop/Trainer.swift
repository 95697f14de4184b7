import BilevelOptimization
import MessagePassing
import Problems
import Tensors

/// Trains a problem over the ranks of a communicator: an upper step assigns its tasks to ranks, or to teams of ranks, each
/// adapts its tasks' lower models and computes their hypergradients, an exact sum over all ranks gives the mean, rank 0 updates
/// the upper parameters and broadcasts them. The parameters' bits do not depend on the number of ranks.
public final class Trainer<P: Problem> {
  /// The problem, whose upper model is trained.
  public let problem: P
  /// How it is trained.
  public let settings: TrainingSettings
  /// The ranks.
  public let communicator: any Communicator
  /// Steps made so far.
  public private(set) var step = 0
  /// The upper optimiser; its state is rank 0's.
  public private(set) var upperOptimizer: any UpperOptimizer
  private let levels: Levels<P.Upper, P.Lower>
  private let method: any HypergradientMethod
  /// In its place while the upper parameters rest.
  private let resting: Resting
  private let lowerRule: LowerRule
  /// The last task's hypergradient; its memory is used again.
  private var hypergradient: [Double]
  private let regulation: UpperRegulation
  let teams: RankTeams
  /// The sums over slabs that this rank's team makes of its tasks; nil where these are no slabs.
  private let slabs: SlabSums?
  /// The same levels for a rank that computes tasks by itself.
  private var ownLevels: Levels<P.Upper, P.Lower>?
  private let queue: TaskQueue
  private let orders: RowOrders
  /// What tasks keep between upper steps; nil where they keep nothing.
  let states: LowerStates?
  private let reduction: StepReduction
  private let clock = ContinuousClock()
  /// Where the last step's time went, the same on every rank but for the step's whole length.
  public var timing: StepTiming? {
    last.map { reduction.timing(step: $0.step, seconds: $0.length.seconds) }
  }
  private var last: (step: Int, length: Duration)?
  /// What any rank asked for at the end of the last step, the same on every rank.
  public private(set) var requests = StepRequests()

  /// Prepares training. Collective.
  ///
  /// - Throws: The same error on every rank, for settings outside their range.
  public init(
    _ problem: P, _ settings: TrainingSettings, _ communicator: any Communicator
  ) throws {
    self.problem = problem
    self.settings = settings
    self.communicator = communicator
    (levels, method, lowerRule, upperOptimizer) = try communicator.agreeing {
      try settings.check()
      try problem.check(settings)
      let levels = try problem.levels(settings)
      let optimizer = try problem.lowerOptimizer(settings)
      let options = problem.methodOptions(settings)
      return (
        levels, try settings.method.make(levels, options, optimizer), LowerRule(optimizer),
        try problem.upperOptimizer(settings)
      )
    }
    resting = Resting(levels, figureCount: settings.method.figures.count)
    regulation = try communicator.agreeing { try problem.upperRegulation(settings) }
    // Of tasks that are left out nobody asks why.
    levels.explainsNonFinite = settings.nonFinite != .skip
    hypergradient = try communicator.agreeing {
      try requireMemory(ofNumbers: problem.upperModel.count, for: "the hypergradient")
      return [Double](repeating: 0, count: problem.upperModel.count)
    }
    orders = RowOrders(seed: settings.seed, settings.batchRule)
    let teams = try RankTeams(settings, communicator)
    (self.teams, slabs) = (teams, teams.sums(of: settings.slabs))
    levels.slabs = slabs
    let (levels, optimizer) = (levels, lowerRule.optimizer)
    states = try communicator.agreeing { () throws -> LowerStates? in
      try Self.lowerStates(levels, optimizer, settings, communicator, teams)
    }
    queue = try TaskQueue(settings.schedule, tasks: settings.tasks, teams, communicator)
    reduction = StepReduction(
      parameters: problem.upperModel.count, tasks: settings.tasks, ranks: communicator.size,
      figures: settings.method.figures,
      lowerParameters: problem.lowerModel.parameters.map(\.name))
    try communicator.agreeing { try checkStates() }
  }

  /// Goes to where another run was.
  func restore(
    step: Int, upper values: [Double], optimizer state: [(name: String, values: [Double])]
  ) {
    self.step = step
    problem.upperModel.values = values
    upperOptimizer.state = state
    upperOptimizer.steps = max(0, step - settings.upperFrom)
  }

  /// Whether the present step leaves the upper parameters as they are.
  private var rests: Bool { step < settings.upperFrom }

  /// Makes one upper step. Collective.
  ///
  /// - Parameter asking: What this rank wants at the step's end; ``requests`` has all ranks' afterwards.
  /// - Returns: What the step did, the same on every rank.
  /// - Throws: The same error on every rank, where any task failed on any; the upper parameters are then those from
  ///   before the step.
  public func makeStep(asking: () -> StepRequests = { StepRequests() }) throws -> StepSummary {
    let begin = clock.now
    reduction.clear()
    let failure = try failureOfOwnTasks()
    if failure != nil { reduction.fail() }
    reduction.add(asking())
    // One rank has nobody to be compared with.
    let mark = communicator.size == 1 ? 0 : ParameterMark.of(problem.upperModel.values)
    reduction.add(mark: mark)
    if try reduction.reduce(communicator) > 0 {
      try communicator.agreeing { if let failure { throw failure } }
    }
    guard reduction.areMarksEqual(communicator.size) else {
      throw try DivergenceError(step: step, marks: communicator.gather(mark))
    }
    requests = reduction.requests
    let tasks = settings.tasks - reduction.skipped
    guard tasks > 0 else {
      throw StepError(
        step: step,
        message: "all \(settings.tasks) tasks have numbers that are not finite; lower a "
          + "learning rate, or check the data")
    }
    let hypergradient = reduction.hypergradient(over: tasks)
    var summary = reduction.summary(step: step, tasks: tasks, hypergradient: hypergradient)
    if !rests { try update(along: hypergradient) }
    // Made of the same values everywhere: what fails does so on every rank.
    summary.followed = try problem.followed()
    try moveStates()
    last = (step, begin.duration(to: clock.now))
    step += 1
    return summary
  }

  /// Computes this rank's tasks into the reduction; what went wrong, if anything did.
  private func failureOfOwnTasks() throws(MessagePassingError) -> TaskError? {
    var failure: TaskError?
    var broken: MessagePassingError?
    var timing = RankTiming()
    try queue.forEach { index in
      do {
        try compute(index, &timing)
        return true
      } catch let error where settings.nonFinite == .skip && error.isNotFinite {
        if teams.isLeader { reduction.skip() }
        return true
      } catch let error as MessagePassingError {
        broken = error
      } catch let error as SlabTeamError where error.kind != .divergence {
        // Of a failure elsewhere that rank tells.
        failure = error.cause.map { TaskError(step: step, task: index, cause: $0) }
      } catch {
        failure = TaskError(step: step, task: index, cause: error)
      }
      return false
    }
    if let broken { throw broken }
    reduction.add(timing, rank: communicator.rank)
    return failure
  }

  /// Does what all ranks of a team do for a task.
  private func together<Outcome>(_ work: () throws -> Outcome) throws -> Outcome {
    guard let slabs else { return try work() }
    return try slabs.together(work)
  }

  /// The most seconds of this rank's team. Collective in it.
  func slowest(_ seconds: Double) throws -> Double {
    Double(try teams.communicator.maximum(Int64(seconds * 1e9))) * 1e-9
  }

  /// Adapts to a task, and adds its hypergradient.
  private func compute(_ index: Int, _ timing: inout RankTiming) throws {
    let begin = clock.now
    let method: any HypergradientMethod = rests ? resting : method
    var adapted = begin
    let task = try together {
      let task = try lowerTask(index, adapted: { [clock] in adapted = clock.now })
      let outcome = try method.hypergradient(task, into: &hypergradient)
      if teams.isLeader {
        try reduction.add(
          hypergradient, outcome, task: index, rank: communicator.rank,
          lowerTolerance: settings.lowerTolerance)
      } else {
        try reduction.check(hypergradient, outcome)
      }
      return task
    }
    task.commit()
    if let kept = task.kept { method.keep(in: kept) }
    timing.tasks += 1
    timing.adapting += begin.duration(to: adapted)
    timing.solving += adapted.duration(to: clock.now)
  }

  /// Adapts to a task of the present step and computes its hypergradient; nothing is kept.
  func outcome(ofTask index: Int) throws -> MethodOutcome {
    try together { try method.hypergradient(lowerTask(index), into: &hypergradient) }
  }

  /// A task of the present step.
  private func lowerTask(
    _ index: Int, adapted: @escaping () -> Void = {}
  ) throws -> LowerTask {
    let identity = problem.identity(ofTask: index, step: step)
    let examples = try problem.task(index, step: step)
    return try LowerTask(
      levels,
      examples.data(
        task: identity, step: step, settings, orders, isOverRows: P.isOverRows,
        problem.augmentation), lowerRule,
      from: problem.start.values(levels), keeping: states?.state(of: identity), adapted: adapted)
  }

  /// The rank that computed a task of the last step; nil where it was left out.
  func owner(ofTask index: Int) -> Int? { reduction.owner(ofTask: index) }

  /// What the method says of the run to come.
  var advice: [String] { method.advice() }

  /// What it says of its linear systems.
  var recommendations: [String] { method.recommendations() }

  /// Bytes that the plans for a task's examples would take, and bytes of the method's vectors, which are there already.
  func byteCounts(_ task: TaskExamples) throws -> (plans: Int, vectors: Int) {
    (try levels.planByteCount(train: task.train, validate: task.validate), method.byteCount)
  }

  /// Rank 0 updates; everyone gets the result.
  private func update(along hypergradient: [Double]) throws {
    let before = problem.upperModel.values
    if communicator.isRoot {
      regulation.update(&problem.upperModel.values, along: hypergradient, by: &upperOptimizer)
    }
    try communicator.broadcast(&problem.upperModel.values, from: 0)
    guard problem.upperModel.values.largestMagnitude.isFinite else {
      problem.upperModel.values = before
      throw StepError(
        step: step,
        message: "an upper parameter is no longer finite after the update; lower upper-rate")
    }
  }

  /// How this trainer adapts lower models.
  ///
  /// - Parameter kept: The lower parameters that tasks keep, by their identities.
  /// - Returns: The same on every rank, but for what is kept.
  /// - Throws: `TensorError` where there is no memory for its solves.
  public func adaptation(
    keeping kept: [Int: [Double]] = [:]
  ) throws -> Adaptation<P.Upper, P.Lower> {
    Adaptation(
      try Implicit(levelsAlone(), settings.implicitOptions), lowerRule.optimizer,
      from: problem.start,
      tasks: settings.tasks, kept: kept, retraining: retrained,
      training: trained)
  }

  /// The levels for tasks that this rank computes by itself: other ranks are not asked for their slabs then.
  private func levelsAlone() throws -> Levels<P.Upper, P.Lower> {
    if teams.size == 1 { return levels }
    if let ownLevels { return ownLevels }
    let made = try problem.levels(settings)
    made.explainsNonFinite = levels.explainsNonFinite
    ownLevels = made
    return made
  }

  /// Lower parameters that are trained anew by another optimiser, on batches as those of task 0 are in the first steps.
  private func trained(
    _ examples: TaskExamples, by optimizer: any LowerOptimizer
  ) throws -> [Double] {
    let levels = try levelsAlone()
    let data = try examples.data(
      task: 0, step: 0, settings, orders, isOverRows: P.isOverRows, problem.augmentation)
    let task = try LowerTask(levels, data, optimizer, from: problem.start.values(levels))
    try task.adapt()
    return task.point
  }

  /// Lower parameters that are trained anew as those of task 0 have been, with the present upper parameters.
  private func retrained(_ examples: TaskExamples) throws -> [Double] {
    let keepsPoint = settings.start == .previous
    let levels = try levelsAlone()
    let state = try LowerState(
      count: levels.counts.lower, settings.precision, optimizer: lowerRule.optimizer, method: [],
      keepsPoint: keepsPoint)
    var point = try problem.start.values(levels)
    // Where nothing is kept, every adaptation is like the last.
    for step in 0..<(keepsPoint ? self.step : min(self.step, 1)) {
      let data = try examples.data(
        task: 0, step: step, settings, orders, isOverRows: P.isOverRows,
        problem.augmentation)
      let task = try LowerTask(levels, data, lowerRule, from: point, keeping: state)
      try task.adapt()
      task.commit()
      if !keepsPoint || step == self.step - 1 { point = task.point }
    }
    return point
  }
}

/// What a rank asks for at a step's end.
public struct StepRequests: Sendable, Hashable {
  /// A checkpoint is due.
  public var checkpoint: Bool
  /// The run is to stop.
  public var stop: StopSignal?

  /// Nothing, unless told otherwise.
  public init(checkpoint: Bool = false, stop: StopSignal? = nil) {
    self.checkpoint = checkpoint
    self.stop = stop
  }
}

/// A step that could not be made, known to every rank alike.
public struct StepError: CommonError, Hashable, CustomStringConvertible {
  /// The upper step, from 0; people count from 1.
  public let step: Int
  let message: String

  /// The code to exit with.
  public var exitCode: ExitCode { .dataError }

  /// The message.
  public var description: String { "step \(step + 1): \(message)" }
}

extension Error {
  /// Whether it is about a number that is not finite, or too large to be anything but divergence.
  fileprivate var isNotFinite: Bool {
    switch self {
    case let error as HypergradientError: error.code == .notFinite
    case let error as ExactSumError: error.code == .diverged
    default: false
    }
  }
}

/// A task that failed.
public struct TaskError: ExitCoded, CustomStringConvertible {
  /// The upper step, from 0; people count from 1.
  public let step: Int
  /// The task's number within the step.
  public let task: Int
  /// What went wrong.
  public let cause: any Error

  /// The code to exit with.
  public var exitCode: ExitCode { ExitCode(for: cause) }

  /// The message.
  public var description: String { "step \(step + 1), task \(task): \(cause)" }
}
