import BilevelOptimization
import Foundation
import Problems

/// Whether the solves behind the hypergradients can be trusted.
struct SolverSection {
  private let runs: [StoredRun]
  private let names: [String]

  init(_ runs: [StoredRun], _ names: [String]) {
    self.runs = runs
    self.names = names
  }

  var html: HTML {
    .element("section") {
      HTML.element("h2") { HTML.text("Solver health") }
      table.html
      endings
      HTML.element("div", ["class": "charts"]) {
        CourseChart(runs, names).html("Residual, or last term, that solves ended with", \.residual)
        CourseChart(runs, names).html("Smallest curvature of a step", \.smallestCurvature)
      }
    }
  }

  private var table: ResultTable {
    func row(_ name: String, _ value: (StoredRun) -> String) -> [String] {
      [name] + runs.map(value)
    }
    func totals(_ name: String, _ value: (StepRecord) -> Int?) -> [String] {
      row(name) { "\($0.steps.total(value))" }
    }
    // A column a run: few runs fit on a phone, many measures beside each other would not.
    return ResultTable(
      "Over all steps", columns: [""] + names,
      rows: [
        totals("solves", \.tasks),
        row("products a solve") { run in
          let solves = max(run.steps.total(\.tasks), 1)
          let perSolve = Double(run.steps.total(\.products)) / Double(solves)
          return Scale.text((perSolve * 100).rounded() / 100)
        },
        totals("met negative curvature", \.negativeCurvature),
        totals("Neumann terms grew", \.diverging),
        totals("adaptations above tolerance", \.unconverged),
        totals("lower gradients grew", \.growing), totals("tasks skipped", \.skipped),
      ])
  }

  /// How solves ended, over the run's parts for one run, over all steps for several.
  private var endings: HTML {
    let reasons = SolveReport.Reason.allCases
    let bars: [ShareChart.Bar] =
      runs.count == 1
      ? parts(of: runs[0]).map { ("steps \($0.first!.step)-\($0.last!.step)", $0) }.map(bar)
      : zip(names, runs).map { bar(($0, $1.steps)) }
    // Where all bars are full of one kind, a sentence says as much.
    let kinds = Set(bars.flatMap { bar in bar.shares.indices.filter { bar.shares[$0] > 0 } })
    if kinds.count == 1, let kind = kinds.first {
      return .element("p") {
        HTML.text("All solves ended alike: \(Self.words(reasons[kind])).")
      }
    }
    return ShareChart(
      title: "How solves ended", kinds: reasons.map(Self.words), bars: bars,
      text: { "\(Scale.text(100 * $0)) %" }
    ).html
  }

  private func bar(_ part: (name: String, steps: [StepRecord])) -> ShareChart.Bar {
    let reasons = SolveReport.Reason.allCases
    let counts = reasons.map { reason in Double(part.steps.total { $0.solves?[reason.rawValue] }) }
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

  private static func words(_ reason: SolveReport.Reason) -> String {
    switch reason {
    case .converged: "converged"
    case .stepLimit: "all k steps"
    case .negativeCurvature: "negative curvature"
    case .breakdown: "breakdown"
    case .inconsistent: "no solution"
    case .precisionLimit: "limit of precision"
    }
  }
}
