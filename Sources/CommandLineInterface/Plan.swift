import ArgumentParser
import Configurations
import Foundation
import Machine
import MessagePassing
import Training

struct Plan: ProblemCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows what a run would do and take, and what is wrong with it, without running it.",
    discussion: """
      Resolves settings as train does, reads the data on every rank, makes a task and times it, \
      and writes nothing. Give it the options, and the ranks, that the run is to have.
      """)

  @OptionGroup var options: RunOptions

  @Flag(help: "One JSON object instead of tables.")
  var json = false

  func run(_ problems: ProblemCatalogue) throws {
    Command.launch { communicator in
      let (run, folder, configuration) = try options.run(problems, communicator)
      let reader = communicator.isRoot ? RunFolder(reading: folder) : nil
      let session = TrainingSession(
        run, communicator, folder: folder, reader, options.session)
      let stored = try session.storedState()
      let own = try run.plan(
        communicator, from: stored, allowing: options.session.allowChange)
      let ranks = try communicator.gather(Array(JSONEncoder().encode(own))).map {
        try JSONDecoder().decode(RankPlan.self, from: Data($0))
      }
      guard communicator.isRoot else { return .success }
      let plan = RunPlan(
        problem: run.name, settings: settings(of: run, configuration), steps: run.size.steps,
        stepsDone: try stored.map { try RunState.step(of: $0.file, at: $0.path) } ?? 0,
        tasks: run.size.tasks,
        checkpoints: options.session.checkpointEvery.planned, output: output(folder),
        resumesFrom: stored?.path, ranks: ranks)
      StandardStream.output.write(try text(of: plan) + "\n")
      return .success
    }
  }

  private func text(of plan: RunPlan) throws -> String {
    guard json else {
      let ranks = "\(plan.ranks.count) rank\(plan.ranks.count == 1 ? "" : "s")"
      return "\(Command.name) \(version): plan of \(plan.problem), \(plan.steps) steps of "
        + "\(plan.tasks) tasks, \(ranks), \(plan.ranks[0].kernels) kernels\n\n" + plan.text
    }
    return try JSONText.of(PlanReport(plan))
  }

  /// Settings as they will be used, each with the last place that gave it.
  private func settings(of run: any Run, _ configuration: Configuration) -> [RunPlan.Setting] {
    run.settings.map { entry in
      let given = configuration.assignments.last { $0.key == entry.key }
      let from = given.map { $0.origin ?? "command line" } ?? "default"
      return RunPlan.Setting(entry.key, entry.value, from: from)
    }
  }

  private func output(_ folder: String) -> RunPlan.Output {
    let reader = RunFolder(reading: folder)
    let holdsRun =
      FileManager.default.fileExists(atPath: reader.statePath) || !reader.checkpoints().isEmpty
    return RunPlan.Output(folder, freeBytes: DiskSpace.free(at: folder), holdsRun: holdsRun)
  }
}

/// A plan, with what it amounts to.
private struct PlanReport: Encodable {
  let version = CommandLineInterface.version
  let plan: RunPlan
  let stepSeconds, runSeconds: Double?
  let diskBytes: Int
  let warnings: [String]

  init(_ plan: RunPlan) {
    self.plan = plan
    (stepSeconds, runSeconds, diskBytes) = (plan.stepSeconds, plan.runSeconds, plan.diskBytes)
    warnings = plan.warnings
  }
}

extension CheckpointSchedule {
  fileprivate var planned: RunPlan.Checkpoints {
    switch unit {
    case .steps: RunPlan.Checkpoints(steps: count)
    case .seconds: RunPlan.Checkpoints(seconds: count)
    }
  }
}
