import Reports
import Testing

@Suite struct TrendTests {
  @Test func aFlatCourseHasNoBand() {
    let trend = Trend((0..<100).map { (Double($0), 3) })
    #expect(trend.points.count == 100)
    #expect(trend.points.allSatisfy { $0.mean == 3 && $0.low == 3 && $0.high == 3 })
  }

  @Test func theBandIsTheScatter() {
    // 41 steps around the middle, half of them 1, half 3.
    let trend = Trend((0..<800).map { (Double($0), $0 % 2 == 0 ? 1 : 3) })
    let middle = trend.points[trend.points.count / 2]
    #expect(abs(middle.mean - 2) < 0.05 && abs(middle.high - middle.low - 2) < 0.01)
  }

  @Test func longCoursesAreThinned() {
    let trend = Trend((1...100_000).map { (Double($0), Double($0)) })
    #expect((200...260).contains(trend.points.count))
    #expect(trend.points.first?.x == 1 && trend.points.last?.x == 100_000)
  }

  @Test func logarithmsHaveGeometricMeans() {
    let trend = Trend((0..<800).map { (Double($0), $0 % 2 == 0 ? 0.1 : 10) }, isLogarithmic: true)
    #expect(abs(trend.points[trend.points.count / 2].mean - 1) < 0.1)
  }

  @Test func whatIsNotFiniteIsLeftOut() {
    #expect(Trend([(1, .nan), (2, .infinity)]).points.isEmpty)
    #expect(Trend([]).points.isEmpty)
    #expect(Trend([(1, .nan), (2, 5)]).points.map(\.mean) == [5])
  }
}
