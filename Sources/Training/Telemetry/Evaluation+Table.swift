import Foundation
import Problems

extension Evaluation {
  /// The scores as people read them.
  public var table: ResultTable {
    ResultTable(
      "Held-out tasks, \(tasks) of them (mean +- 95 % interval)",
      columns: ["", "before adaptation", "after adaptation"],
      rows: scores.map { score in
        [score.measure.name, score.before.text(score.measure), score.after.text(score.measure)]
      })
  }
}

extension Interval {
  fileprivate func text(_ measure: Measure) -> String {
    switch measure.unit {
    case .number: String(format: "%.4f +- %.4f", mean, halfWidth)
    case .percent: String(format: "%.2f %% +- %.2f", 100 * mean, 100 * halfWidth)
    }
  }
}
