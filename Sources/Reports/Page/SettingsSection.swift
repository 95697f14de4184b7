import Problems

/// What repeats a run: its settings, and where its state stands.
struct SettingsSection {
  private let run: StoredRun
  private let name: String?

  init(_ run: StoredRun, _ name: String?) {
    self.run = run
    self.name = name
  }

  var html: HTML {
    .element("section") {
      HTML.element("h2") { HTML.text("Configuration" + (name.map { ": \($0)" } ?? "")) }
      for remark in run.remarks { HTML.element("p") { HTML.text(remark) } }
      HTML.element("div", ["class": "pair"]) {
        ResultTable(
          "Settings", columns: ["setting", "value"], rows: run.settings.map { [$0.key, $0.value] }
        ).html
        ResultTable(
          "State", columns: ["", ""], rows: run.facts.map { [$0.key, $0.value] }
        ).html
      }
    }
  }
}
