import ArgumentParser
import Foundation
import MessagePassing
import Problems
import Training

struct Evaluate: ProblemCommand {
  static let configuration = CommandConfiguration(
    abstract: "Scores a run's upper parameters on held-out tasks: mean and 95 % interval.",
    discussion: "The run's own settings are used where --set does not change them.")

  @Argument(
    help: ArgumentHelp("A run's folder, or its state file.", valueName: "run"),
    completion: .file())
  var source: String

  @Option(parsing: .unconditional, help: "Held-out tasks.")
  var tasks = 600

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("A setting; may be given again.", valueName: "key=value"))
  var assignments: [SettingAssignment] = []

  @Flag(help: "One JSON object instead of a table, with all digits.")
  var json = false

  func validate() throws {
    guard 1...10_000_000 ~= tasks else {
      throw ValidationError("--tasks must be from 1 to 10000000")
    }
  }

  func run(_ problems: ProblemCatalogue) throws {
    Command.launch { communicator in
      let path = RunFolder.state(at: source)
      let (state, run) = try communicator.agreeing {
        let state = try RunState.read(path)
        return (state, try problems.run(of: state, at: path, changing: assignments))
      }
      let evaluation = try run.evaluate(state, at: path, tasks: tasks, communicator)
      if communicator.isRoot {
        StandardStream.output.write(try text(of: evaluation, run.name) + "\n")
      }
      return .success
    }
  }

  private func text(of evaluation: Evaluation, _ problem: String) throws -> String {
    json ? try JSONText.of(EvaluationRecord(evaluation, problem)) : evaluation.table.text
  }
}

/// An evaluation as `--json` has it: what programs read.
private struct EvaluationRecord: Encodable {
  struct Mean: Encodable {
    let mean: Double
    let halfWidth: Double

    enum CodingKeys: String, CodingKey {
      case mean
      case halfWidth = "half_width"
    }

    init(_ interval: Interval) { (mean, halfWidth) = (interval.mean, interval.halfWidth) }
  }

  struct Scored: Encodable {
    let before: Mean
    let after: Mean
  }

  let problem: String
  let tasks: Int
  let scores: [String: Scored]

  init(_ evaluation: Evaluation, _ problem: String) {
    self.problem = problem
    tasks = evaluation.tasks
    scores = Dictionary(
      evaluation.scores.map {
        ($0.measure.name, Scored(before: Mean($0.before), after: Mean($0.after)))
      }, uniquingKeysWith: { first, _ in first })
  }
}
