import BilevelOptimization
import Foundation
import Machine
import MessagePassing
import Problems
import Tensors

extension ProblemRun {
  /// What the run would take on this rank. Makes the problem and a task or two, as training would, and stores nothing.
  /// Collective.
  ///
  /// - Parameters:
  ///   - communicator: The ranks.
  ///   - state: A stored state that the run would go on from, and where it is stored.
  ///   - allowedChanges: Settings that may differ from the stored ones.
  /// - Returns: This rank's plan.
  /// - Throws: The same error on every rank: what training itself would throw before its first update.
  public func plan(
    _ communicator: any Communicator, from state: (file: TensorFile, path: String)?,
    allowing allowedChanges: [String]
  ) throws -> RankPlan {
    let before = MemoryUse.now
    let problem = try communicator.agreeing { try P(own, seed: UInt64(training.seed)) }
    if state == nil { try initialise(problem.upperModel, communicator) }
    let trainer = try Trainer(problem, training, communicator)
    if let (file, path) = state {
      _ = try communicator.agreeing {
        try RunState.restore(
          trainer, of: self, allowing: allowedChanges, from: file, at: path)
      }
    }
    let made = MemoryUse.now
    let share = trainer.share
    let step = min(trainer.step, max(training.steps - 1, 0))
    let probed = ProbedTask(step: step, index: share.first ?? 0)
    let (memory, stateBytes) = try communicator.agreeing {
      let kept = try trainer.stateByteCounts()
      let stateBytes = stateByteCount(trainer) + kept.stored
      let memory = try MemoryEstimate(
        trainer, try probed.data(of: problem), before: before, made: made, stateBytes: stateBytes,
        keptBytes: kept.memory)
      return (memory, stateBytes)
    }
    let limits = ProcessLimits.current
    let machine = MachineDescription.current
    let fits =
      (limits.addressSpace ?? .max) - (made.virtual ?? 0) > memory.coming
      && (limits.controlGroupMemory ?? .max) > memory.total
      && (machine.availableMemory ?? .max) > memory.coming
    // The probe is collective: all ranks make it, or none.
    let probe =
      try communicator.minimum(fits ? 1 : 0) == 1
      ? try TaskProbe(trainer, probed, hasTasks: !share.isEmpty).measured() : nil
    let exchange = Exchange(
      parameters: problem.upperModel.count, tasks: training.tasks, communicator
    ).byteCounts
    return RankPlan(
      rank: communicator.rank, hostName: communicator.hostName,
      kernels: try communicator.agreeing { try KernelSet.chosen().rawValue },
      firstTask: share.lowerBound, tasks: share.count, upperParameters: problem.upperModel.count,
      lowerParameters: problem.lowerModel.count, memory: memory.parts,
      peakMemory: MemoryUse.now.peak, sumBytes: exchange.sum,
      broadcastBytes: exchange.broadcast, stateBytes: stateBytes, data: problem.data.map(\.name),
      virtualMemory: made.virtual, limits: limits, machine: machine, advice: trainer.advice,
      recommendations: trainer.recommendations,
      probe: probe)
  }

  /// The length of the files that the run will store: with the optimiser's vectors, which come with its first step.
  private func stateByteCount(_ trainer: Trainer<P>) -> Int {
    var file = RunState.file(of: trainer, settings: settings)
    if trainer.step == 0 {
      var optimizer = trainer.upperOptimizer
      var values = trainer.problem.upperModel.values
      optimizer.update(&values, along: [Double](repeating: 0, count: values.count))
      file.tensors.removeAll { $0.name.hasPrefix(RunState.optimizerPrefix) }
      file.tensors += optimizer.state.map {
        NamedTensor(RunState.optimizerPrefix + $0.name, shape: [$0.values.count], $0.values)
      }
    }
    return file.encoded().count
  }
}

/// The task that a probe makes.
struct ProbedTask {
  let step: Int
  let index: Int

  func data<P: Problem>(of problem: P) throws -> TaskExamples {
    do {
      return try problem.task(index, step: step)
    } catch {
      throw TaskError(step: step, task: index, cause: error)
    }
  }
}

/// A rank's memory: measured as far as it is there, computed where it is to come.
private struct MemoryEstimate {
  let parts: [RankPlan.Part]
  /// What the process does not have yet.
  let coming: Int

  var total: Int { parts.reduce(0) { $0 + $1.bytes } }

  init<P: Problem>(
    _ trainer: Trainer<P>, _ task: TaskExamples, before: MemoryUse, made: MemoryUse,
    stateBytes: Int, keptBytes: Int
  ) throws {
    let number = MemoryLayout<Double>.stride
    let upper = trainer.problem.upperModel.count
    let counts = try trainer.byteCounts(task)
    let exchange = Exchange(
      parameters: upper, tasks: trainer.settings.tasks, trainer.communicator
    ).byteCounts
    let isRoot = trainer.communicator.isRoot
    let optimizer = isRoot ? trainer.settings.upperRule.vectors * upper * number : 0
    // The tensors, the file's bytes, and what is read back to compare.
    let storing = isRoot ? 3 * stateBytes : 0
    let program = before.resident ?? 0
    let problem = max((made.resident ?? 0) - program, 0)
    let taskBytes = task.train.byteCount + task.validate.byteCount
    // The sum itself, and the words that travel.
    let sum = 2 * exchange.sum + exchange.broadcast
    let all = [
      ("program and libraries", program), ("data, models and solver's vectors", problem),
      ("plans of the objectives", counts.plans), ("one task's data", taskBytes),
      ("exact sum and exchange", sum), ("upper optimiser", optimizer),
      ("storing a state", storing),
    ]
    let kept = keptBytes > 0 ? [("what tasks keep", keptBytes)] : []
    parts = (all + kept).map { RankPlan.Part(name: $0.0, bytes: $0.1) }
    coming = counts.plans + taskBytes + sum + optimizer + storing + keptBytes
  }
}

extension TrainingSettings.UpperRule {
  /// Vectors of state that it keeps.
  fileprivate var vectors: Int {
    switch self {
    case .sgd: 0
    case .momentum: 1
    case .adam: 2
    }
  }
}

extension Examples {
  fileprivate var byteCount: Int {
    ([data, target] + extras.map(\.values)).reduce(0) { sum, array in
      switch array.storage {
      case .single: sum + 4 * array.shape.count
      case .double: sum + 8 * array.shape.count
      // What they are made of is the problem's.
      case .rows: sum
      }
    }
  }
}
