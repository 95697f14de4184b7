import Foundation

/// Horizontal bars of stacked shares, with a legend: where time went, how solves ended.
struct ShareChart {
  struct Bar {
    let name: String
    let shares: [Double]
    /// What stands behind the bar.
    let remark: String
  }

  let title: String
  let kinds: [String]
  let bars: [Bar]
  /// Writes a share, for who points at it.
  let text: (Double) -> String

  var html: HTML {
    let longest = bars.map { $0.shares.reduce(0, +) }.max() ?? 0
    guard longest > 0 else { return .none }
    return .element("figure", ["class": "chart"]) {
      HTML.element("figcaption") { HTML.text(title) }
      HTML.element("div", ["class": "legend"]) {
        for (index, kind) in kinds.enumerated() {
          HTML.element("span") {
            HTML.element("i", ["class": "swatch f\(index)"]) {}
            HTML.text(kind)
          }
        }
      }
      HTML.element("div", ["class": "bars"]) {
        for bar in bars {
          HTML.element("span") { HTML.text(bar.name) }
          HTML.element("div", ["class": "bar"]) {
            for (index, share) in bar.shares.enumerated() where share > 0 {
              HTML.element(
                "i",
                [
                  "class": "f\(index)",
                  "style": "width:\(String(format: "%.3f", 100 * share / longest))%",
                  "title": "\(kinds[index]): \(text(share))",
                ]
              ) {}
            }
          }
          HTML.element("span", ["class": "remark"]) { HTML.text(bar.remark) }
        }
      }
    }
  }
}
