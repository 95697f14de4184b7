import BilevelOptimization
import Training

/// What of a run deserves no trust, before anything that it shows.
struct WarningsSection {
  private let runs: [StoredRun]
  private let names: [String]

  init(_ runs: [StoredRun], _ names: [String]) {
    self.runs = runs
    self.names = names
  }

  var html: HTML {
    let lines = zip(names, runs).flatMap { name, run in
      let warnings =
        Self.warnings(about: run.steps, run.method)
        + Self.first(run.history.compactMap(\.warning))
      return warnings.map { runs.count > 1 ? "\(name): \($0)" : $0 }
    }
    return lines.isEmpty
      ? .none
      : .element("section") {
        HTML.element("h2") { HTML.text("Warnings") }
        for line in lines { HTML.element("p", ["class": "note"]) { HTML.text(line) } }
      }
  }

  /// The first of what the sessions warned of.
  private static func first(_ warnings: [String]) -> [String] {
    let most = 10
    let left = warnings.count - most
    return Array(warnings.prefix(most))
      + (left > 0 ? ["\(left) more warnings are in \(RunHistory.name)."] : [])
  }

  /// What is wrong with some steps, the worst first.
  static func warnings(about steps: [StepRecord], _ method: MethodName?) -> [String] {
    /// One of many may rise on its way to a minimum.
    func mostGrowing(_ record: StepRecord) -> Int {
      let growing = record.whole("growing")
      return 2 * growing > record.whole("tasks") ? growing : 0
    }
    let figures = method?.figures ?? []
    let alarms = (method?.alarms ?? []).reversed().map { alarm in
      alarm.account.flatMap { account in
        warning(steps, { alarm.count($0.values(figures)) }, account)
      }
    }
    return
      ([
        lossWarning(steps),
        warning(steps, mostGrowing) {
          "\($0) adaptations, most of their steps', went the wrong way: lower gradients more than "
            + "doubled over the lower steps; lower-rate was too large."
        },
      ] + alarms).compactMap { $0 }
  }

  private static func warning(
    _ steps: [StepRecord], _ count: (StepRecord) -> Int, _ text: (Int) -> String
  ) -> String? {
    let total = steps.total(count)
    let first = steps.first { count($0) > 0 }
    return first.map { "\(text(total)) The first was in step \($0.step)." }
  }

  private static func lossWarning(_ steps: [StepRecord]) -> String? {
    var course = LossCourse()
    var worst: LossCourse.Collapse?
    var last: LossCourse.Collapse?
    for record in steps {
      guard let loss = record.number("upper_loss"), loss.isFinite else { continue }
      last = course.note(loss, step: record.step - 1)
      if let last, last.loss > worst?.loss ?? -.infinity { worst = last }
    }
    if let last { return "The run ended with \(last.text)." }
    return worst.map {
      "On its way the upper loss rose to \(Scale.text($0.loss)) in step \($0.step + 1), far above the "
        + "\(Scale.text($0.before)) of step \($0.stepBefore + 1), and came back."
    }
  }
}
