import Problems

/// What was learnt: the upper parameters in numbers.
struct UpperSection {
  private let run: StoredRun
  private let name: String?

  init(_ run: StoredRun, _ name: String?) {
    self.run = run
    self.name = name
  }

  var html: HTML {
    guard !run.upper.rows.isEmpty else { return .none }
    return .element("section") {
      HTML.element("h2") { HTML.text("Upper parameters" + (name.map { ": \($0)" } ?? "")) }
      if let about = run.about { HTML.element("p") { HTML.text("\(run.problem): \(about).") } }
      run.upper.html
      if !followed.isEmpty {
        HTML.element("div", ["class": "charts"]) {
          for name in followed {
            CourseChart([run], [run.name]).html(name) { $0.followed[name] }
          }
        }
      }
    }
  }

  /// The numbers that the problem follows, in the order of their names.
  private var followed: [String] {
    Set(run.steps.flatMap(\.followed.keys)).sorted()
  }
}
