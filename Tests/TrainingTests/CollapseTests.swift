import BilevelOptimization
import MessagePassing
import Problems
import Testing
import Training

/// Trainings that collapse, and such that are well: what the watch says of them.
@Suite struct CollapseTests {
  private func warnings<P: Problem>(
    _: P.Type, _ settings: [(String, String)]
  ) throws -> [String] {
    let run = try ProblemRun<P>(RunRequest(settings.map { (key: $0.0, value: $0.1) }))
    var watch = HealthWatch(lowerTolerance: "0", hosts: ["a"])
    var warnings: [String] = []
    _ = try run.train(SoloCommunicator(), .none) { summary, timing in
      warnings += watch.warnings(after: summary, timing)
    }
    return warnings + (watch.warningAtEnd.map { [$0] } ?? [])
  }

  private static let small = [
    ("train", "60"), ("test", "60"), ("network", "linear"), ("final-steps", "1"),
  ]

  /// A rate beyond 2 / the largest curvature: the series' terms grow, and so do lower gradients.
  @Test func aRateThatIsTooLargeIsSaid() throws {
    let found = try warnings(
      LabelCleaning.self,
      Self.small + [
        ("steps", "2"), ("lower-rate", "1"), ("lower-steps", "3"), ("l2", "2"), ("k", "4"),
      ])
    #expect(found.contains { $0.contains("Neumann series grew") }, "\(found)")
    #expect(found.contains { $0.contains("adaptations went the wrong way") }, "\(found)")
  }

  /// Upper steps that are too large undo what was learnt.
  @Test func aLossThatRisesIsSaid() throws {
    let found = try warnings(Quadratic.self, [("steps", "45"), ("upper-rate", "7.4")])
    #expect(found.contains { $0.contains("far above") }, "\(found)")
    #expect(found.last?.hasPrefix("the run ended with") == true)
  }

  @Test func theDefaultsOfProblemsAreWell() throws {
    #expect(try warnings(LabelCleaning.self, [("steps", "3"), ("final-steps", "1")]) == [])
    // Its nets have little curvature, and are adapted in a few steps; it says so.
    let waves = try warnings(Sinusoid.self, [("steps", "120"), ("evaluation-tasks", "0")])
    let known = ["negative curvature", "left more than half of the lower gradient"]
    #expect(
      waves.allSatisfy { warning in known.contains { warning.contains($0) } }, "\(waves)")
    #expect(try warnings(Problems.Quadratic.self, [("steps", "60")]) == [])
    #expect(try warnings(Regularisation.self, [("steps", "10")]) == [])
  }
}
