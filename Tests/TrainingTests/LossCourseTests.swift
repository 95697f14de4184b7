import Foundation
import TestSupport
import Testing
import Training

@Suite struct LossCourseTests {
  /// The first step after which something is wrong.
  private func collapse(_ losses: [Double]) -> LossCourse.Collapse? {
    var course = LossCourse()
    for (step, loss) in losses.enumerated() {
      if let found = course.note(loss, step: step) { return found }
    }
    return nil
  }

  @Test func aSingleStepFarAboveAllBeforeIsSeenAtOnce() throws {
    let found = try #require(collapse([Double](repeating: 0.5, count: 20) + [5.8]))
    #expect(found.step == 20 && found.loss == 5.8 && found.before == 0.5)
    #expect(collapse([Double](repeating: 0.5, count: 20) + [4.9]) == nil)
  }

  /// Once three quarters of twenty steps are that high; losses of any size.
  @Test(arguments: [1e-9, 1, 1e9]) func stepsFarAboveTheBestAreSeen(size: Double) throws {
    let losses = (0..<40).map { 2 * pow(0.8, Double($0)) } + [Double](repeating: 1.9, count: 20)
    let found = try #require(collapse(losses.map { $0 * size }))
    #expect(found.loss == 1.9 * size && found.step == 54 && found.stepBefore < 45)
    #expect(collapse(Array(losses[..<54])) == nil)
  }

  /// A shift of all losses hides a collapse by a factor, but never makes one.
  @Test(arguments: [-1000.0, -10, 0, 3]) func negativeLossesHaveDifferences(shift: Double) {
    let calm = (0..<60).map { shift + 1 / Double($0 + 1) }
    #expect(collapse(calm) == nil)
    #expect(collapse(calm + [shift + 1e6]) != nil)
  }

  /// Beside what was gained, a rise of next to nothing is none.
  @Test func aFitToRoundingIsNoCollapse() {
    let fit = (0..<40).map { pow(10, -Double($0) / 2) } + [1e-15, 1e-16, 3e-14]
    #expect(collapse(fit + [Double](repeating: 1e-13, count: 30)) == nil)
    #expect(collapse(fit + [Double](repeating: 0.3, count: 30)) != nil)
  }

  /// Tasks whose losses scatter by a factor of 100 from step to step, and get better.
  @Test(arguments: 0..<20) func scatterIsNoCollapse(seed: Int) {
    var draws = Draws(seed: UInt64(seed))
    let losses = (0..<2000).map { step in
      pow(10, 2 * Double(draws.next(1000)) / 1000) / (1 + Double(step) / 500)
    }
    #expect(collapse(losses) == nil)
  }
}
