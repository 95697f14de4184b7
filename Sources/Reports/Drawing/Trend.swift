import Foundation

/// A noisy course, smoothed: the mean of neighbouring steps, and how far they scatter.
package struct Trend {
  package struct Point: Equatable {
    package let x: Double
    package let mean: Double
    package let low: Double
    package let high: Double
  }

  package let points: [Point]

  /// Points that a curve of the report has at most.
  private static let mostPoints = 240

  /// Means and standard deviations over a twentieth of the steps around each point, for a logarithmic axis those of
  /// logarithms; what is not finite is left out.
  package init(_ course: [(x: Double, y: Double)], isLogarithmic: Bool = false) {
    let course = course.filter { $0.y.isFinite && (!isLogarithmic || $0.y > 0) }
      .map { (x: $0.x, y: isLogarithmic ? log($0.y) : $0.y) }
    let half = course.count / 40
    // Running sums, so that a long run costs no more than its length.
    var sums = [0.0]
    var squares = [0.0]
    let shift = course.first?.y ?? 0
    for point in course {
      let y = point.y - shift
      sums.append(sums.last! + y)
      squares.append(squares.last! + y * y)
    }
    let stride = max(1, (course.count + Self.mostPoints - 1) / Self.mostPoints)
    var indices = Array(Swift.stride(from: 0, to: course.count, by: stride))
    if let last = indices.last, last < course.count - 1 { indices.append(course.count - 1) }
    points = indices.map { index in
      let (from, to) = (max(0, index - half), min(course.count, index + half + 1))
      let count = Double(to - from)
      let mean = (sums[to] - sums[from]) / count
      let variance = max(0, (squares[to] - squares[from]) / count - mean * mean)
      let deviation = variance.squareRoot()
      func value(_ number: Double) -> Double {
        isLogarithmic ? exp(number + shift) : number + shift
      }
      return Point(
        x: course[index].x, mean: value(mean), low: value(mean - deviation),
        high: value(mean + deviation))
    }
  }
}
