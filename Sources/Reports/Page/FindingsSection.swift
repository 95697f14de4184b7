import Problems

/// What the stored parameters achieve: tables and the problem's own pictures.
struct FindingsSection {
  private let run: StoredRun
  private let isPart: Bool

  init(_ run: StoredRun, isPart: Bool = false) {
    self.run = run
    self.isPart = isPart
  }

  var html: HTML {
    .element("section") {
      if !isPart { HTML.element("h2") { HTML.text("Results") } }
      switch run.findings {
      case .failure(let reason):
        HTML.element("p", ["class": "note"]) {
          HTML.text("The results cannot be worked out again here: \(reason.text)")
        }
      case .success(let findings):
        if findings.tables.isEmpty {
          HTML.element("p") { HTML.text("The problem has no results of its own.") }
        }
        for table in findings.tables { table.html }
        for illustration in findings.illustrations {
          switch illustration {
          case .images(let figure): images(figure)
          case .curves(let figure): curves(figure)
          }
        }
      }
    }
  }

  private func images(_ figure: ImageFigure) -> HTML {
    .element("div", ["class": "picture"]) {
      HTML.element("h3") { HTML.text(figure.title) }
      HTML.element("p") { HTML.text(figure.caption) }
      for group in figure.groups {
        HTML.element("h4") { HTML.text(group.title) }
        HTML.element("div", ["class": "cells"]) {
          for cell in group.cells {
            HTML.element("figure", ["class": Self.name(of: cell.mark)]) {
              HTML.element(
                "img",
                [
                  "src": PageImage.address(
                    cell.pixels, width: cell.width, channels: cell.channels),
                  "alt": cell.caption, "width": "\(cell.shownSize.width)",
                  "height": "\(cell.shownSize.height)",
                ]
              ) {}
              HTML.element("figcaption") {
                HTML.text(Self.sign(of: cell.mark) + cell.caption)
              }
            }
          }
        }
      }
    }
  }

  private static func name(of mark: ImageFigure.Mark) -> String {
    switch mark {
    case .none: "cell"
    case .right: "cell right"
    case .wrong: "cell wrong"
    }
  }

  /// Not by colour alone.
  private static func sign(of mark: ImageFigure.Mark) -> String {
    switch mark {
    case .none: ""
    case .right: "\u{2713} "
    case .wrong: "\u{2717} "
    }
  }

  private func curves(_ figure: CurveFigure) -> HTML {
    .element("div", ["class": "picture"]) {
      HTML.element("h3") { HTML.text(figure.title) }
      HTML.element("p") { HTML.text(figure.caption) }
      HTML.element("div", ["class": "charts"]) {
        for panel in figure.panels { chart(panel, figure.horizontal) }
      }
    }
  }

  private func chart(_ panel: CurveFigure.Panel, _ horizontal: String) -> HTML {
    var dots = 0
    let curves = panel.series.enumerated().map { index, series in
      if !series.isLine { dots += 1 }
      return Chart.Curve(
        series.name, style: index % Stylesheet.styles,
        form: series.isLine ? .line : dots == 1 ? .dots : .rings,
        series.points.map { .init(x: $0.x, mean: $0.y, low: $0.y, high: $0.y) })
    }
    return Chart(
      title: panel.title, horizontal: horizontal, curves: curves, hasBands: false, height: 220
    ).html
  }
}

extension ImageFigure.Cell {
  /// The size that it is shown in: as wide as high as its pixels are, the longer side the same for all.
  fileprivate var shownSize: (width: Int, height: Int) {
    let rows = max(pixels.count / max(width * channels, 1), 1)
    let (longest, shown) = (max(width, rows), 56)
    return (max(shown * width / longest, 1), max(shown * rows / longest, 1))
  }
}
