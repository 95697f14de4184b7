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
    guard differOnlyInSeed else { return ResultTable("Results", columns: [""] + names, rows: rows) }
    return ResultTable(
      "Results, and their mean and standard deviation over the seeds",
      columns: ["", "mean", "+-"] + names,
      rows: rows.map { [$0[0]] + Self.spread($0.dropFirst()) + $0.dropFirst() })
  }

  /// Whether the runs are one run of several seeds.
  private var differOnlyInSeed: Bool {
    Set(runs.map(\.problem)).count == 1 && settings.rows.map { $0[0] } == ["seed"]
  }

  /// The mean and the standard deviation of cells' first numbers; nothing where one has none.
  static func spread(_ cells: some Collection<String>) -> [String] {
    let numbers = cells.compactMap { cell in
      cell.split(separator: " ").first.flatMap { Double($0) }
    }
    guard numbers.count == cells.count, numbers.count > 1 else { return ["", ""] }
    let mean = numbers.reduce(0, +) / Double(numbers.count)
    let variance =
      numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(numbers.count - 1)
    return [Scale.text(mean), Scale.text(variance.squareRoot())]
  }

  /// The cells of all runs' tables, by table, row and column.
  private var findingRows: [[String]] {
    var labels: [String] = []
    let cells = runs.map { run -> [String: String] in
      guard case .success(let findings) = run.findings else { return [:] }
      var cells: [String: String] = [:]
      for table in findings.tables where table.file == nil {
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
