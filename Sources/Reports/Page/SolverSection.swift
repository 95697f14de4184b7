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
    let rows = zip(names, runs).map { name, run in
      let tasks = run.steps.total(\.tasks)
      let perSolve = tasks > 0 ? Double(run.steps.total(\.products)) / Double(tasks) : 0
      return [
        name, "\(tasks)", Scale.text((perSolve * 100).rounded() / 100),
        "\(run.steps.total(\.negativeCurvature))", "\(run.steps.total(\.diverging))",
        "\(run.steps.total(\.unconverged))", "\(run.steps.total(\.growing))",
        "\(run.steps.total(\.skipped))",
      ]
    }
    return ResultTable(
      "Over all steps",
      columns: [
        "", "solves", "products a solve", "met negative curvature", "Neumann terms grew",
        "adaptations above tolerance", "lower gradients grew", "tasks skipped",
      ], rows: rows)
  }

  /// How solves ended, over the run's parts for one run, over all steps for several.
  private var endings: HTML {
    let reasons = SolveReport.Reason.allCases
    let bars: [ShareChart.Bar] =
      runs.count == 1
      ? parts(of: runs[0]).map { ("steps \($0.first!.step)-\($0.last!.step)", $0) }.map(bar)
      : zip(names, runs).map { bar(($0, $1.steps)) }
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
