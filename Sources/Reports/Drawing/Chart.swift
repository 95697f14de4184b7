import Foundation

/// A chart of curves over a common horizontal axis, as SVG whose colours the page's style sheet gives.
struct Chart {
  /// A curve with a band, or points.
  struct Curve {
    enum Form { case line, dots, rings }

    let name: String
    /// The style's number: colours and dashes come by it.
    let style: Int
    let form: Form
    let points: [Trend.Point]

    init(_ name: String, style: Int, form: Form = .line, _ points: [Trend.Point]) {
      self.name = name
      self.style = style
      self.form = form
      // What is not finite, or whose differences are not, has no place.
      self.points = points.filter { point in
        [point.x, point.mean, point.low, point.high].allSatisfy { abs($0) < 1e300 }
      }
    }
  }

  let title: String
  let horizontal: String
  let curves: [Curve]
  var isLogarithmic = false
  var hasBands = true
  var height = 260.0

  private static let width = 560.0
  private static let margin = (left: 58.0, right: 14.0, top: 10.0, bottom: 40.0)
  /// What a digit of the axis takes on a phone, where the style sheet makes digits larger.
  private static let digit = 9.5

  /// The chart with its title and legend.
  var html: HTML {
    let drawn = curves.filter { !$0.points.isEmpty }
    guard !drawn.isEmpty else { return .none }
    return .element("figure", ["class": "chart"]) {
      HTML.element("figcaption") { HTML.text(title) }
      if drawn.count > 1 { legend(drawn) }
      svg(drawn)
    }
  }

  private func legend(_ curves: [Curve]) -> HTML {
    .element("div", ["class": "legend"]) {
      for curve in curves {
        HTML.element("span") {
          HTML.raw(
            "<svg viewBox=\"0 0 30 10\" width=\"30\" height=\"10\" aria-hidden=\"true\">"
              + sample(curve) + "</svg>")
          HTML.text(curve.name)
        }
      }
    }
  }

  private func sample(_ curve: Curve) -> String {
    switch curve.form {
    case .line: "<path class=\"line s\(curve.style)\" d=\"M1 5H29\"/>"
    case .dots: "<circle class=\"dot s\(curve.style)\" cx=\"15\" cy=\"5\" r=\"3.5\"/>"
    case .rings: "<circle class=\"ring s\(curve.style)\" cx=\"15\" cy=\"5\" r=\"3.5\"/>"
    }
  }

  private func svg(_ curves: [Curve]) -> HTML {
    var margin = Self.margin
    let points = curves.flatMap(\.points)
    let x = Scale(
      from: points.map(\.x).min() ?? 0, to: points.map(\.x).max() ?? 1)
    var heights = points.map(\.mean)
    if hasBands { heights += points.flatMap { [$0.low, $0.high] } }
    let y = Scale(heights, isLogarithmic: isLogarithmic)
    let longest = y.ticks(5).map { Scale.text($0).count }.max() ?? 0
    margin.left = max(margin.left, (8 + Self.digit * Double(longest)).rounded())
    // Half of a number at the right end lies beyond it.
    let last = x.ticks(6).map { Scale.text($0).count }.max() ?? 0
    margin.right = max(margin.right, (2 + Self.digit * Double(last) / 2).rounded())
    let (left, right) = (margin.left, margin.right)
    func px(_ number: Double) -> Double {
      left + x.place(number) * (Self.width - left - right)
    }
    func py(_ number: Double) -> Double {
      height - Self.margin.bottom
        - y.place(number) * (height - Self.margin.top - Self.margin.bottom)
    }
    var svg =
      "<svg class=\"plot\" viewBox=\"0 0 \(Int(Self.width)) \(Int(height))\" role=\"img\" "
      + "aria-label=\"\(HTML.escaped(title))\">"
    for tick in y.ticks(5) {
      let place = Self.short(py(tick))
      svg +=
        "<path class=\"grid\" d=\"M\(Int(margin.left)) \(place)H\(Int(Self.width - margin.right))\"/>"
        + "<text class=\"tick\" text-anchor=\"end\" x=\"\(Int(margin.left) - 6)\" y=\"\(place)\" "
        + "dy=\"0.35em\">\(Scale.text(tick))</text>"
    }
    for tick in x.ticks(6) {
      let place = Self.short(px(tick))
      let bottom = Int(height - margin.bottom)
      svg +=
        "<path class=\"axis\" d=\"M\(place) \(bottom)v4\"/>"
        + "<text class=\"tick\" text-anchor=\"middle\" x=\"\(place)\" y=\"\(bottom + 17)\">"
        + "\(Scale.text(tick))</text>"
    }
    svg +=
      "<path class=\"axis\" d=\"M\(Int(margin.left)) \(Int(height - margin.bottom))"
      + "H\(Int(Self.width - margin.right))\"/>"
      + "<text class=\"label\" text-anchor=\"middle\" x=\"\(Int((Self.width + margin.left) / 2))\" "
      + "y=\"\(Int(height) - 6)\">\(HTML.escaped(horizontal))</text>"
    if hasBands {
      for curve in curves
      where curve.form == .line && curve.points.contains(where: { $0.low < $0.high }) {
        let upper = curve.points.map { "\(Self.short(px($0.x))) \(Self.short(py($0.high)))" }
        let lower = curve.points.reversed().map {
          "\(Self.short(px($0.x))) \(Self.short(py($0.low)))"
        }
        svg +=
          "<path class=\"band s\(curve.style)\" d=\"M\((upper + lower).joined(separator: "L"))Z\"/>"
      }
    }
    for curve in curves {
      switch curve.form {
      case .line:
        let path = curve.points.map { "\(Self.short(px($0.x))) \(Self.short(py($0.mean)))" }
        svg += "<path class=\"line s\(curve.style)\" d=\"M\(path.joined(separator: "L"))\"/>"
      case .dots, .rings:
        for point in curve.points {
          svg +=
            "<circle class=\"\(curve.form == .dots ? "dot" : "ring") s\(curve.style)\" "
            + "cx=\"\(Self.short(px(point.x)))\" cy=\"\(Self.short(py(point.mean)))\" r=\"3.5\"/>"
        }
      }
    }
    return .raw(svg + "</svg>")
  }

  /// A coordinate with one decimal.
  static func short(_ number: Double) -> String {
    let text = String(format: "%.1f", number)
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
