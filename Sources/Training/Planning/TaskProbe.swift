import BilevelOptimization
import MessagePassing
import Problems

/// Makes a task, an exchange and a held-out task as training would, and times them. Nothing that training uses changes.
struct TaskProbe<P: Problem> {
  private let trainer: Trainer<P>
  private let task: ProbedTask
  private let hasTasks: Bool
  /// What took less is measured again: plans are made the first time.
  private static var longEnough: Double { 1 }

  init(_ trainer: Trainer<P>, _ task: ProbedTask, hasTasks: Bool) {
    self.trainer = trainer
    self.task = task
    self.hasTasks = hasTasks
  }

  /// Collective.
  ///
  /// - Throws: The same error on every rank, where the task fails on any.
  func measured() throws -> RankPlan.Probe {
    let communicator = trainer.communicator
    let (seconds, outcome) = try communicator.agreeing { () -> (Double?, MethodOutcome?) in
      guard hasTasks else { return (nil, nil) }
      var (seconds, outcome) = try timedTask()
      // A team's ranks decide alike.
      if try trainer.slowest(seconds) < Self.longEnough { (seconds, outcome) = try timedTask() }
      return (seconds, outcome)
    }
    let evaluation = try evaluationSeconds()
    var exchange = Exchange(
      parameters: trainer.problem.upperModel.count, tasks: trainer.settings.tasks, communicator)
    var times: [Double] = []
    for _ in 0..<3 {
      try communicator.barrier()
      times.append(try Self.seconds { try exchange.run() })
    }
    return RankPlan.Probe(
      taskSeconds: seconds, exchangeSeconds: times.sorted()[1], evaluationSeconds: evaluation,
      lowerGradientNorm: outcome?.lowerGradientNorm)
  }

  private func timedTask() throws -> (Double, MethodOutcome) {
    var outcome: MethodOutcome?
    let seconds = try Self.seconds {
      do {
        outcome = try trainer.outcome(ofTask: task.index)
      } catch {
        throw TaskError(step: task.step, task: task.index, cause: error)
      }
    }
    guard let outcome else { fatalError("a task that was made has an outcome") }
    return (seconds, outcome)
  }

  /// Every rank scores one held-out task.
  private func evaluationSeconds() throws -> Double? {
    guard trainer.problem.heldOut != nil, trainer.settings.evaluationTasks > 0 else { return nil }
    let communicator = trainer.communicator
    func run() throws -> Double {
      try Self.seconds { _ = try Evaluation.run(trainer, tasks: communicator.size) }
    }
    let first = try run()
    let slowest = try communicator.maximum(Int64(first * 1e6))
    return Double(slowest) * 1e-6 < Self.longEnough ? try run() : first
  }

  private static func seconds(_ body: () throws -> Void) throws -> Double {
    let elapsed = try ContinuousClock().measure(body).components
    return Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18
  }
}
