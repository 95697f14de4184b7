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
      heldOut
    }
  }

  /// Scores of tasks that training does not draw, a chart a measure.
  private var heldOut: HTML {
    var measures: [String] = []
    for line in runs.flatMap(\.heldOut) where !measures.contains(line.measure) {
      measures.append(line.measure)
    }
    guard !measures.isEmpty else { return .none }
    return .element("div") {
      HTML.element("h3") { HTML.text("On held-out tasks") }
      HTML.element("p") {
        HTML.text("Means after adaptation, as training went on; bands are their 95 % intervals.")
      }
      HTML.element("div", ["class": "charts"]) {
        for measure in measures { heldOutChart(measure) }
      }
    }
  }

  private func heldOutChart(_ measure: String) -> HTML {
    let courses = runs.map { run in run.heldOut.filter { $0.measure == measure } }
    let isLogarithmic = Scale.wantsLogarithm(courses.flatMap { $0.map(\.after) })
    let curves = zip(names, courses).enumerated().map { index, run in
      Chart.Curve(
        run.0, style: index % Stylesheet.styles,
        run.1.map { line in
          let low = line.after - line.afterHalfWidth
          return .init(
            x: Double(line.step), mean: line.after,
            // Below 0 a logarithmic axis has no place.
            low: isLogarithmic && low <= 0 ? line.after : low,
            high: line.after + line.afterHalfWidth)
        })
    }
    return Chart(
      title: "Held-out \(measure)", horizontal: "upper step", curves: curves,
      isLogarithmic: isLogarithmic
    ).html
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
