/// How training went: losses and norms over the steps.
struct CurvesSection {
  private let runs: [StoredRun]
  private let names: [String]

  init(_ runs: [StoredRun], _ names: [String]) {
    self.runs = runs
    self.names = names
  }

  var html: HTML {
    .element("section") {
      HTML.element("h2") { HTML.text("Training") }
      HTML.element("p") {
        HTML.text(
          "Lines are means over neighbouring steps, bands one standard deviation around them.")
      }
      HTML.element("div", ["class": "charts"]) {
        chart("Upper loss, mean of a step's tasks", "upper_loss")
        chart("Upper loss, worst task of a step", "worst_upper_loss")
        chart("Norm of the hypergradient", "hypergradient_norm")
        chart("Norm of the lower gradient after adaptation", "lower_gradient_norm")
      }
    }
  }

  private func chart(_ title: String, _ name: String) -> HTML {
    CourseChart(runs, names).html(title) { $0.number(name) }
  }
}

/// A chart of one number over the steps of all runs.
struct CourseChart {
  private let runs: [StoredRun]
  private let names: [String]

  init(_ runs: [StoredRun], _ names: [String]) {
    self.runs = runs
    self.names = names
  }

  func html(_ title: String, _ value: (StepRecord) -> Double?) -> HTML {
    let courses = runs.map { run in
      run.steps.compactMap { record in value(record).map { (x: Double(record.step), y: $0) } }
    }
    let isLogarithmic = Scale.wantsLogarithm(courses.flatMap { $0.map(\.y) })
    let curves = zip(names, courses).enumerated().map { index, run in
      Chart.Curve(
        run.0, style: index % Stylesheet.styles, Trend(run.1, isLogarithmic: isLogarithmic).points)
    }
    return Chart(
      title: title, horizontal: "upper step", curves: curves, isLogarithmic: isLogarithmic
    ).html
  }
}
