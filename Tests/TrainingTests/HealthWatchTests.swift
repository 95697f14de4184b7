import BilevelOptimization
import Foundation
import Testing
import Training

@Suite struct HealthWatchTests {
  private func summary(
    _ step: Int, breakdowns: Int = 0, inconsistent: Int = 0, negative: Int = 0,
    unconverged: Int = 0, growing: Int = 0, diverging: Int = 0, flat: String? = nil,
    loss: Double = 1
  ) -> StepSummary {
    StepSummary(
      step: step, tasks: 8, skipped: 0, upperLoss: loss, worstUpperLoss: 2, worstTask: 3,
      lowerGradientNorm: 0.5, unconverged: unconverged, growing: growing, residual: 0, products: 8,
      reasons: [.breakdown: breakdowns, .inconsistent: inconsistent],
      negativeCurvature: negative, diverging: diverging, flatParameter: flat,
      smallestCurvature: -0.25, hypergradientNorm: 1)
  }

  private func timing(_ step: Int, _ working: [Double]) -> StepTiming {
    StepTiming(
      step: step, seconds: 9, tasks: working.map { $0 > 0 ? 2 : 0 }, adapting: working,
      solving: working.map { _ in 0 })
  }

  /// Row 16: how solves ended badly; row 17: that the lower problem was not solved.
  @Test func rows16and17_whatDeservesNoTrustIsSaid() {
    var watch = HealthWatch(lowerTolerance: "0.001", hosts: ["a"])
    let warnings = watch.warnings(
      after: summary(4, breakdowns: 2, negative: 3, unconverged: 5), nil)
    #expect(warnings.count == 3)
    #expect(warnings[0].hasPrefix("step 5: 2 of 8 solves broke down"))
    #expect(warnings[1].hasPrefix("step 5: 3 of 8 solves met negative curvature, down to -0.25"))
    #expect(warnings[2].hasPrefix("step 5: 5 of 8 adaptations ended with a lower gradient above"))
    #expect(warnings[2].contains("lower-tolerance 0.001 (the mean is 0.5)"))
    #expect(watch.warnings(after: summary(300), nil).isEmpty)
  }

  /// Collapse without a word: what grows where it should shrink.
  @Test func whatDivergesIsSaid() {
    var watch = HealthWatch(lowerTolerance: "", hosts: ["a"])
    let warnings = watch.warnings(
      after: summary(4, inconsistent: 1, growing: 7, diverging: 6, flat: "dense.bias"), nil)
    #expect(warnings.count == 3)
    #expect(warnings[0].hasPrefix("step 5: 1 of 8 solves found no solution"))
    #expect(warnings[0].contains("in lower parameter 'dense.bias'"))
    #expect(warnings[1].hasPrefix("step 5: 6 of 8 Neumann series grew from term to term"))
    #expect(warnings[2].hasPrefix("step 5: 7 of 8 adaptations went the wrong way"))
    #expect(warnings[1].contains("lower-rate") && warnings[2].contains("lower-rate"))
    // Half of a step's adaptations may rise on their way.
    var calm = HealthWatch(lowerTolerance: "", hosts: ["a"])
    #expect(calm.warnings(after: summary(4, growing: 4), nil).isEmpty)
  }

  /// A run that ends so is told so, even where the warning was given before.
  @Test func aLossFarAboveItsBestIsSaid() {
    var watch = HealthWatch(lowerTolerance: "", hosts: ["a"])
    var warnings: [Int: [String]] = [:]
    for step in 0..<100 {
      let loss = step < 50 ? 2.3 - 0.0388 * Double(step) : 0.36 * exp(Double(step - 50) * 0.06)
      warnings[step] = watch.warnings(after: summary(step, loss: step == 99 ? 3.3e7 : loss), nil)
    }
    let said = warnings.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }
    #expect(said.first?.key == 99)
    #expect(said.first?.value.first?.contains("far above the 6.41 of step 99 and before") == true)
    #expect(watch.warningAtEnd?.hasPrefix("the run ended with an upper loss of") == true)
    #expect(watch.warnings(after: summary(100, loss: 0.4), nil).isEmpty)
  }

  @Test func warningsBecomeRarer() {
    var watch = HealthWatch(lowerTolerance: "", hosts: ["a"])
    let steps = (0..<3000).filter {
      !watch.warnings(after: summary($0, unconverged: 1), nil).isEmpty
    }
    #expect(steps == [0, 100, 1100])
  }

  /// Row 18: a rank that is slow for 20 steps, not for one.
  @Test func row18_aStragglerIsNamed() {
    var watch = HealthWatch(lowerTolerance: "", hosts: ["n1", "n2", "n3"])
    var warnings: [String] = []
    for step in 0..<40 {
      let third = step < 5 || step > 12 ? 6.2 : 2.0
      warnings += watch.warnings(after: summary(step), timing(step, [2, 2, third]))
    }
    #expect(warnings.count == 1)
    #expect(warnings.first?.contains("rank 2 on n3 is slow: 3.1 times the median") == true)
    // Ranks without tasks are not slow, and one slow step is none.
    var calm = HealthWatch(lowerTolerance: "", hosts: ["n1", "n2", "n3"])
    for step in 0..<60 {
      let second = step % 20 == 7 ? 50.0 : 2
      #expect(calm.warnings(after: summary(step), timing(step, [2, second, 0])).isEmpty)
    }
  }
}
