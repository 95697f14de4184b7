import BilevelOptimization
import TestSupport
import Testing

/// Upper steps in which upper parameters rest.
@Suite(.enabled(if: MethodsFixture.isAvailable, "methods.json is not beside the package"))
struct RestingTests {
  private static let problems = ["quadratic", "logistic", "proximal-mlp"]

  /// The lower model and the upper loss are those of a method that adapts; the rest is nothing.
  @Test(arguments: problems, [0, 1, 4]) func itAdaptsAsMethodsDo(_ name: String, steps: Int) throws
  {
    let problem = try MethodsFixture().problem(name)
    let momentum = try Momentum(learningRate: problem.rate, steps: steps)
    let method = MethodName.firstOrder
    func kept() throws -> LowerState { try problem.state(method, problem.options(), momentum) }
    let (state, other) = (try kept(), try kept())
    for _ in 0..<2 {
      let found = try problem.run(
        Resting(problem.levels, figureCount: 3), steps: momentum, keeping: state)
      let wanted = try problem.run(method, problem.options(), steps: momentum, keeping: other)
      #expect(relative(found.outcome.upperLoss, wanted.outcome.upperLoss) < 1e-13)
      #expect(found.outcome.startLowerGradientNorm == wanted.outcome.startLowerGradientNorm)
      #expect(found.outcome.figures.count == 3 && found.outcome.figures.allSatisfy(\.isNaN))
      #expect(found.hypergradient.allSatisfy { $0 == 0 } && found.outcome.hypergradientNorm == 0)
      #expect(state.point == other.point)
      // Of the gradients that steps were made along, the last one.
      let start = found.outcome.startLowerGradientNorm
      if steps < 2, start != nil { #expect(found.outcome.lowerGradientNorm == start) }
      if steps == 0 {
        #expect(found.outcome.lowerGradientNorm == wanted.outcome.lowerGradientNorm)
      }
    }
  }

  /// A method that finds a point and no vectors of its own (upper parameters rested until now, or another method made the last
  /// step) begins as it does with a new task there.
  @Test(arguments: problems, ["soba", "f2sa", "implicit", "v-pbgd"])
  func methodsBeginAfterARest(_ name: String, method: String) throws {
    let problem = try MethodsFixture().problem(name)
    let method = try #require(MethodName(rawValue: method))
    var options = problem.options(k: 3)
    (options.rate, options.keepsPoint, options.isWarm) = (problem.rate, true, true)
    (options.penalty, options.jointRate) = (2, 0.01)
    let descent = try GradientDescent(learningRate: problem.rate, steps: 1)
    let (state, fresh) = (
      try problem.state(method, options, descent), try problem.state(method, options, descent)
    )
    let rested = Resting(problem.levels, figureCount: 0)
    _ = try problem.run(rested, steps: descent, keeping: state)
    let names = Set(state.vectors.map(\.name))
    #expect(names.isDisjoint(with: method.vectors(options).map(\.name)))
    let point = try #require(state.point)
    let found = try problem.run(method, options, steps: descent, keeping: state)
    let wanted = try problem.run(method, options, steps: descent, from: point, keeping: fresh)
    #expect(found.hypergradient == wanted.hypergradient)
    #expect(state.point == fresh.point && state.steps == fresh.steps + 1)
    // From its file it goes on as it was.
    let (copy, later) = (
      try problem.state(method, options, descent),
      try problem.run(method, options, steps: descent, from: point, keeping: fresh)
    )
    copy.vectors = state.vectors
    let again = try problem.run(method, options, steps: descent, keeping: copy)
    #expect(again.hypergradient == later.hypergradient && copy.point == fresh.point)
  }
}
