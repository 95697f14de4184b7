import Problems

/// Several runs next to each other: results, and the settings that differ.
struct RunComparison {
  private let runs: [StoredRun]
  private let names: [String]

  init(_ runs: [StoredRun], _ names: [String]) {
    self.runs = runs
    self.names = names
  }

  var html: HTML {
    .element("section") {
      HTML.element("h2") { HTML.text("Side by side") }
      results.html
      settings.rows.isEmpty
        ? HTML.element("p") { HTML.text("All settings are the same.") } : settings.html
    }
  }

  private var results: ResultTable {
    func row(_ name: String, _ value: (StoredRun) -> String?) -> [String] {
      [name] + runs.map { value($0) ?? "-" }
    }
    let rows =
      [
        row("problem") { $0.problem }, row("steps made") { "\($0.step)" },
        row("last upper loss") { $0.steps.last?.number("upper_loss").map(Scale.text) },
      ]
      + findingRows
      + [
        row("seconds a step, median") { run in
          let sorted = run.timings.map(\.seconds).sorted()
          return sorted.isEmpty ? nil : Scale.text(sorted[sorted.count / 2])
        }
      ]
    return ResultTable("Results", columns: [""] + names, rows: rows)
  }

  /// The cells of all runs' tables, by table, row and column.
  private var findingRows: [[String]] {
    var labels: [String] = []
    let cells = runs.map { run -> [String: String] in
      guard case .success(let findings) = run.findings else { return [:] }
      var cells: [String: String] = [:]
      for table in findings.tables {
        for row in table.rows {
          for (column, cell) in zip(table.columns, row).dropFirst() {
            let label = "\(row[0]), \(column)"
            if !labels.contains(label) { labels.append(label) }
            cells[label] = cell
          }
        }
      }
      return cells
    }
    return labels.map { label in [label] + cells.map { $0[label] ?? "-" } }
  }

  private var settings: ResultTable {
    var keys: [String] = []
    for run in runs {
      for setting in run.settings where !keys.contains(setting.key) { keys.append(setting.key) }
    }
    let rows = keys.filter { $0 != "output" }.map { key in
      [key] + runs.map { $0.setting(key) ?? "-" }
    }
    return ResultTable(
      "Settings that differ", columns: [""] + names,
      rows: rows.filter { Set($0.dropFirst()).count > 1 })
  }
}
