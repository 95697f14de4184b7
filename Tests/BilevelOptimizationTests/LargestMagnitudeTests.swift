import BilevelOptimization
import TestSupport
import Testing

@Suite struct LargestMagnitudeTests {
  @Test func isThatOfTheLargestWhereverItIs() {
    #expect([Double]().largestMagnitude == 0 && [-0.0].largestMagnitude == 0)
    for count in 1...35 {
      let small = numbers(count, seed: 3).map { $0 / 8 }
      for place in 0..<count {
        var changed = small
        changed[place] = -9
        #expect(changed.largestMagnitude == 9)
        for lost in [Double.nan, .infinity, -.infinity] {
          changed[place] = lost
          #expect(!changed.largestMagnitude.isFinite)
        }
      }
      #expect(small.largestMagnitude == small.map(\.magnitude).max())
    }
    #expect([1, -Double.greatestFiniteMagnitude].largestMagnitude == .greatestFiniteMagnitude)
  }
}
