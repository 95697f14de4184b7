import BilevelOptimization
import Foundation
import Tensors
import TestSupport
import Testing

/// The reference hypergradients, every case, method and k, in both precisions and on every instruction set.
@Suite(.enabled(if: Fixture.isAvailable, "hypergradients.json is not beside the package"))
struct FixtureTests {
  static let combinations: [(String, Precision, KernelSet)] = FixtureProblem.names.flatMap { name in
    Precision.allCases.flatMap { precision in
      KernelSet.available.map { (name, precision, $0) }
    }
  }

  private func tolerance(_ precision: Precision) -> Double { precision == .double ? 1e-9 : 1e-3 }

  private func problem(_ name: String) throws -> FixtureProblem {
    try FixtureProblem(name, try #require(try Fixture.load().cases[name]))
  }

  @Test(arguments: combinations)
  func hypergradients(_ name: String, _ precision: Precision, _ kernels: KernelSet) throws {
    let problem = try problem(name)
    let expected = problem.content.expected
    for (method, results) in [
      (ImplicitMethod.linearSystem, expected.LS), (.neumannSeries, expected.NS),
    ] {
      for (k, result) in results.sorted(by: { $0.key < $1.key }) {
        let implicit = try problem.implicit(method, try #require(Int(k)), precision, kernels)
        let report = try implicit.compute(
          problem.validate, AuxiliaryModel(values: problem.point), problem.train)
        let wanted = problem.flattenUpper(result.hypergradient)
        let error = relativeDistance(implicit.gradients(), wanted)
        #expect(error < tolerance(precision), "\(method.rawValue) k=\(k): \(error)")
        #expect(relative(report.upperLoss, expected.upper_loss) < tolerance(precision))
        #expect(
          abs(report.hypergradientNorm / norm(wanted) - 1) < tolerance(precision),
          "\(method.rawValue) k=\(k): the scale")
      }
    }
  }

  @Test(arguments: combinations)
  func lowerDerivatives(_ name: String, _ precision: Precision, _ kernels: KernelSet) throws {
    let problem = try problem(name)
    let expected = problem.content.expected
    let implicit = try problem.implicit(.linearSystem, 1, precision, kernels)
    // The direction is cos(i) within each parameter.
    let direction = problem.flattenLower(
      expected.hvp_of_cos_i.map { list in list.indices.map { cos(Double($0)) } })
    let (loss, gradient, product) = try implicit.derivatives(
      problem.train, problem.point, direction)
    #expect(relative(loss, expected.lower_loss) < tolerance(precision))
    #expect(
      relativeDistance(gradient, problem.flattenLower(expected.lower_gradient))
        < tolerance(precision))
    #expect(
      relativeDistance(product, problem.flattenLower(expected.hvp_of_cos_i))
        < tolerance(precision))
  }

  @Test(arguments: combinations)
  func fiveLowerSteps(_ name: String, _ precision: Precision, _ kernels: KernelSet) throws {
    let problem = try problem(name)
    let expected = problem.content.expected.five_lower_steps
    let implicit = try problem.implicit(.linearSystem, 1, precision, kernels)
    let adapted = try implicit.adapt(
      try GradientDescent(learningRate: 0.1, steps: 5), problem.train, problem.start)
    for (loss, wanted) in zip(adapted.losses, expected.loss_before_each) {
      #expect(relative(loss, wanted) < tolerance(precision))
    }
    #expect(adapted.losses.count == 5)
    #expect(
      relativeDistance(adapted.values, problem.flattenLower(expected.w)) < tolerance(precision))
  }

  /// The default policy goes on through negative curvature as plain conjugate gradients do, and reports it.
  @Test(arguments: FixtureProblem.names)
  func negativeCurvatureIsReported(_ name: String) throws {
    let problem = try problem(name)
    let curvatures = problem.content.expected.LS_curvature
    let implicit = try problem.implicit(.linearSystem, 10, .double, try KernelSet.chosen())
    let report = try implicit.compute(
      problem.validate, AuxiliaryModel(values: problem.point), problem.train)
    #expect(report.solve.steps == 10)
    #expect(report.solve.negativeCurvatureSteps == curvatures.count { $0 < 0 })
    #expect(relative(report.solve.smallestCurvature ?? .nan, curvatures.min() ?? 0) < 1e-6)
    #expect(relative(report.solve.largestCurvature ?? .nan, curvatures.max() ?? 0) < 1e-6)
  }
}
