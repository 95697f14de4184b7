import BilevelOptimization
import Foundation
import Tensors
import TestSupport
import Testing

/// The networks of the fixtures, with both solves.
@Suite(.enabled(if: Fixture.isAvailable, "networks.json is not beside the package"))
struct NetworkFixtureTests {
  private func problem(_ name: String) throws -> NetworkFixtureProblem {
    try NetworkFixtureProblem(name, try #require(try NetworkFixtures.all.get().cases[name]))
  }

  @Test(arguments: NetworkFixtureProblem.names)
  func hypergradients(_ name: String) throws {
    let problem = try problem(name)
    let expected = problem.content.expected
    for (method, results) in [
      (ImplicitMethod.linearSystem, expected.LS), (.neumannSeries, expected.NS),
    ] {
      for (k, result) in results.sorted(by: { $0.key < $1.key }) {
        let steps = try #require(Int(k))
        // Later steps of conjugate gradients magnify rounding; those past convergence are other ones.
        let isEarly = method == .neumannSeries || steps <= 2
        if name == "hyper-representation", steps == 10 { continue }
        let implicit = try problem.implicit(method, steps, .double, try KernelSet.chosen())
        _ = try implicit.compute(
          problem.validate, AuxiliaryModel(values: problem.point), problem.train)
        let error = relativeDistance(implicit.gradients(), result.hypergradient.flatMap { $0 })
        #expect(error < (isEarly ? 1e-8 : 1e-4), "\(name), \(method.rawValue) k=\(k): \(error)")
      }
    }
  }

  @Test(arguments: NetworkFixtureProblem.names)
  func lowerDerivatives(_ name: String) throws {
    let problem = try problem(name)
    let expected = problem.content.expected
    let direction = expected.hvp_of_cos_i.flatMap { $0.indices.map { cos(Double($0)) } }
    for kernels in KernelSet.available {
      let implicit = try problem.implicit(.linearSystem, 1, .double, kernels)
      let (loss, gradient, product) = try implicit.derivatives(
        problem.train, problem.point, direction)
      #expect(relative(loss, expected.lower_loss) < 1e-9, "\(name)")
      #expect(relativeDistance(gradient, expected.lower_gradient.flatMap { $0 }) < 1e-9, "\(name)")
      #expect(relativeDistance(product, expected.hvp_of_cos_i.flatMap { $0 }) < 1e-9, "\(name)")
    }
  }

  @Test(arguments: NetworkFixtureProblem.names)
  func fiveLowerSteps(_ name: String) throws {
    let problem = try problem(name)
    let expected = problem.content.expected.five_lower_steps
    let implicit = try problem.implicit(.linearSystem, 1, .double, try KernelSet.chosen())
    let adapted = try implicit.adapt(
      try GradientDescent(learningRate: problem.content.lower_learning_rate, steps: 5),
      problem.train,
      problem.start)
    #expect(relativeDistance(adapted.values, expected.w.flatMap { $0 }) < 1e-8, "\(name)")
    for (loss, wanted) in zip(adapted.losses, expected.loss_before_each) {
      #expect(relative(loss, wanted) < 1e-8, "\(name)")
    }
  }
}
