import BilevelOptimization
import Foundation
import Problems

/// What the runs' methods tell of their hypergradients: whether these can be trusted.
struct SolverSection {
  private let runs: [StoredRun]
  private let names: [String]
  /// The figures of all runs' methods.
  private let figures: [Figure]

  init(_ runs: [StoredRun], _ names: [String]) {
    self.runs = runs
    self.names = names
    figures = runs.reduce(into: []) { all, run in
      all += run.figures.filter { figure in !all.contains { $0.name == figure.name } }
    }
  }

  var html: HTML {
    .element("section") {
      HTML.element("h2") { HTML.text("Solver health") }
      table.html
      for figure in figures where !figure.outcomes.isEmpty { outcomes(figure) }
      HTML.element("div", ["class": "charts"]) {
        for figure in figures {
          if let title = figure.chart {
            CourseChart(runs, names).html(title) { $0.number(figure.name) }
          }
        }
      }
    }
  }

  private var table: ResultTable {
    func row(_ name: String, _ value: (StoredRun) -> String) -> [String] {
      [name] + runs.map(value)
    }
    func totals(_ title: String, _ name: String) -> [String] {
      row(title) { "\($0.steps.total { $0.whole(name) })" }
    }
    let told = figures.filter { $0.combination == .sum || $0.combination == .count }
    let figureRows = told.map { figure in
      guard figure.combination == .sum else { return totals(figure.title, figure.name) }
      return row(figure.title) { run in
        let tasks = max(run.steps.total { $0.whole("tasks") }, 1)
        let each = Double(run.steps.total { $0.whole(figure.name) }) / Double(tasks)
        return Scale.text((each * 100).rounded() / 100)
      }
    }
    // A column a run: few runs fit on a phone, many measures beside each other would not.
    return ResultTable(
      "Over all steps", columns: [""] + names,
      rows: [totals("solves", "tasks")] + figureRows + [
        totals("adaptations above tolerance", "unconverged"),
        totals("lower gradients grew", "growing"), totals("tasks skipped", "skipped"),
      ])
  }

  /// Tasks by outcome, over the run's parts for one run, over all steps for several.
  private func outcomes(_ figure: Figure) -> HTML {
    let bars: [ShareChart.Bar] =
      runs.count == 1
      ? parts(of: runs[0]).map { ("steps \($0.first!.step)-\($0.last!.step)", $0) }
        .map { bar(figure, $0) }
      : zip(names, runs).map { bar(figure, ($0, $1.steps)) }
    // Where all bars are full of one kind, a sentence says as much.
    let kinds = Set(bars.flatMap { bar in bar.shares.indices.filter { bar.shares[$0] > 0 } })
    if kinds.count == 1, let kind = kinds.first {
      return .element("p") {
        HTML.text("\(figure.title): all alike, \(figure.outcomes[kind].title).")
      }
    }
    return ShareChart(
      title: figure.title, kinds: figure.outcomes.map(\.title), bars: bars,
      text: { "\(Scale.text(100 * $0)) %" }
    ).html
  }

  private func bar(
    _ figure: Figure, _ part: (name: String, steps: [StepRecord])
  ) -> ShareChart.Bar {
    let values = part.steps.map { $0.values([figure]) }
    let counts = figure.outcomes.map { outcome in
      values.reduce(0) { $0 + Double($1.count(outcome.name, of: figure.name)) }
    }
    let all = max(1, counts.reduce(0, +))
    return .init(
      name: part.name, shares: counts.map { $0 / all },
      remark: String(format: "%.0f solves", all))
  }

  /// A run's steps in at most eight parts.
  private func parts(of run: StoredRun) -> [[StepRecord]] {
    let steps = run.steps
    let size = max(1, (steps.count + 7) / 8)
    return stride(from: 0, to: steps.count, by: size).map {
      Array(steps[$0..<min($0 + size, steps.count)])
    }
  }
}
