import BilevelOptimization
import Testing

/// What a method says of a run before its first step.
struct MethodAdviceTests {
  private func advice(
    _ method: MethodName, _ hessian: Matrix, k: Int, rate: Double = 0.1
  ) throws -> (before: [String], after: [String], recommended: [String]) {
    let problem = Quadratic.system(hessian, [1, 1])
    var options = MethodOptions(rate: rate)
    options.k = k
    let levels = try problem.implicit(k: 1).levels
    let still = try GradientDescent(learningRate: 1, steps: 0)
    let made = try method.make(levels, options, still)
    let before = made.advice()
    let task = try LowerTask(
      levels, TaskData(train: problem.train, validate: problem.validate),
      still, from: problem.point)
    var hypergradient = [0.0, 0.0]
    _ = try made.hypergradient(task, into: &hypergradient)
    return (before, made.advice(), made.recommendations())
  }

  @Test func stepsBeyondTheLowerParametersAreNeedless() throws {
    let said = try advice(.linearSystem, .diagonal([1, 2]), k: 6)
    #expect(said.before.count == 1 && said.before == said.after)
    #expect(said.before[0].contains("k=6 is more than the 2 lower"))
    #expect(try advice(.neumannSeries, .diagonal([1, 2]), k: 6).after == [])
  }

  @Test func aSeriesThatGrowsIsSeen() throws {
    let said = try advice(.neumannSeries, .diagonal([1, 30]), k: 4)
    #expect(said.before == [])
    #expect(said.after.contains { $0.contains("Neumann series of the first task grows") })
  }

  @Test func negativeCurvatureIsSeen() throws {
    let said = try advice(.linearSystem, .diagonal([-0.25, -0.25]), k: 2)
    #expect(said.after.contains { $0.contains("met negative curvature (-0.25)") })
  }

  /// The recommended steps do what is said: on the extremes of a spectrum that the solve has met.
  @Test func recommendedStepsSuffice() throws {
    let said = try advice(.linearSystem, .diagonal([1, 100]), k: 2).recommended
    #expect(said.count == 1)
    #expect(
      said[0].contains("curvature from") && said[0].contains("LS needs k=2 or less"), "\(said)")
    let negative = try advice(.linearSystem, .diagonal([-0.5, -0.5]), k: 2).recommended
    #expect(negative.isEmpty || negative[0].contains("damping above 1"), "\(negative)")
  }
}
