import Problems

/// One or several runs as one page that needs nothing else: no network, no scripts.
public struct ReportPage {
  private let runs: [StoredRun]
  private let made: String

  /// A page.
  ///
  /// - Parameters:
  ///   - runs: At least one.
  ///   - made: The program that makes it, and its version.
  public init(_ runs: [StoredRun], made: String) {
    self.runs = runs
    self.made = made
  }

  /// The page's text.
  public var text: String {
    let title = runs.count == 1 ? names[0] : "\(runs.count) runs"
    return "<!doctype html>\n"
      + HTML.element("html", ["lang": "en"]) {
        HTML.element("head") {
          HTML.element("meta", ["charset": "utf-8"]) {}
          HTML.element(
            "meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]
          ) {}
          HTML.element("meta", ["name": "color-scheme", "content": "light dark"]) {}
          HTML.element("title") { HTML.text("\(title) - igbm-dist report") }
          HTML.element("style") { HTML.raw(Stylesheet.text) }
        }
        HTML.element("body") {
          HTML.element("main") {
            header(title)
            WarningsSection(runs, names).html
            if runs.count > 1 { RunComparison(runs, names).html }
            for run in runs where runs.count == 1 { FindingsSection(run).html }
            CurvesSection(runs, names).html
            SolverSection(runs, names).html
            for (run, name) in zip(runs, names) {
              TimesSection(run, runs.count > 1 ? name : nil).html
            }
            for (run, name) in zip(runs, names) where runs.count > 1 {
              HTML.element("h2") { HTML.text(name) }
              FindingsSection(run, isPart: true).html
            }
            for (run, name) in zip(runs, names) {
              UpperSection(run, runs.count > 1 ? name : nil).html
              HistorySection(run, runs.count > 1 ? name : nil).html
              SettingsSection(run, runs.count > 1 ? name : nil).html
            }
            HTML.element("footer") { HTML.text("Made by \(made).") }
          }
        }
      }.markup + "\n"
  }

  /// What runs are called: the last part of their folders, or all of it where these are the same.
  private var names: [String] {
    let short = runs.map(\.name)
    return Set(short).count == short.count ? short : runs.map(\.folder)
  }

  private func header(_ title: String) -> HTML {
    .element("header") {
      HTML.element("h1") { HTML.text(title) }
      HTML.element("p", ["class": "lead"]) { HTML.text(lead) }
    }
  }

  private var lead: String {
    guard runs.count == 1 else {
      let problems = runs.map(\.problem)
      let same = Set(problems).count == 1
      return same ? "Runs of \(problems[0]), side by side." : "Runs of different problems."
    }
    let run = runs[0]
    let wanted = run.setting("steps").flatMap { Int($0) } ?? run.step
    let progress = run.step < wanted ? "after \(run.step) of \(wanted)" : "\(run.step)"
    let tasks = run.setting("tasks") ?? "?"
    return
      "\(run.problem), \(progress) upper steps of \(tasks) \(tasks == "1" ? "task" : "tasks"), "
      + "method \(run.setting("method") ?? "?"), seed \(run.setting("seed") ?? "?")."
  }
}

extension ResultTable {
  /// The table as markup; columns of numbers are aligned to the right.
  var html: HTML {
    // Beside the table, not in it, a title has the page's width on phones, too.
    .element("figure", ["class": "table"]) {
      HTML.element("figcaption") { HTML.text(title) }
      HTML.element("div", ["class": "scroll"]) { table }
      if let remainder { HTML.element("p") { HTML.text(remainder) } }
    }
  }

  private var table: HTML {
    .element("table") {
      if !columns.allSatisfy(\.isEmpty) {
        HTML.element("thead") {
          HTML.element("tr") {
            for column in columns { HTML.element("th", ["scope": "col"]) { HTML.text(column) } }
          }
        }
      }
      HTML.element("tbody") {
        for row in shownRows {
          HTML.element("tr") {
            for (index, cell) in row.enumerated() {
              if index == 0 {
                HTML.element("th", ["scope": "row"]) { HTML.text(cell) }
              } else {
                HTML.element("td") { HTML.text(cell) }
              }
            }
          }
        }
      }
    }
  }
}
