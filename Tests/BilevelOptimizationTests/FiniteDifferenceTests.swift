import BilevelOptimization
import Models
import Tensors
import TestSupport
import Testing

/// Hypergradients and the derivatives that they are made of against differences, in double precision.
struct FiniteDifferenceTests {
  /// The whole map u -> F(w*(u), u), the direct term included.
  @Test(arguments: NetworkProblem.names) func hypergradientsOfNetworks(name: String) throws {
    let problem = try NetworkProblem(name)
    let upper = problem.implicit.upperModel.values
    let report = try problem.implicit.computeGradients(
      validate: problem.validate, auxiliaryModel: try problem.adapted(), train: problem.train)
    let found = problem.implicit.upperModel.gradients
    #expect(report.lowerGradientNorm < 1e-12)
    #expect(report.solve.reason == .converged)
    let wanted = try centralDifferences(upper) { try problem.upperLoss($0) }
    #expect(relativeDistance(found, wanted) < 1e-6)
    // It is not the direct term that is right.
    #expect(relativeDistance(upper.map { 0.1 * $0 }, wanted) > 1e-2)
  }

  @Test(arguments: ImplicitMethod.allCases) func hypergradientsOfAQuadratic(
    method: ImplicitMethod
  ) throws {
    let problem = Quadratic(
      hessian: .symmetric(eigenvalues: [1, 2, 3, 5]),
      coupling: Matrix(4, 3) { numbers(12, seed: 5)[$0 * 3 + $1] }, target: numbers(4, seed: 1),
      penalty: 0.3, point: [0, 0, 0, 0], upper: numbers(3, seed: 7))
    let implicit = try problem.implicit(method, k: 1000, rate: 0.2, tolerance: 1e-13)
    let descent = try GradientDescent(
      learningRate: 0.3, steps: 5000, gradientTolerance: 1e-13)
    func loss(_ upper: [Double]) throws -> Double {
      implicit.upperModel.values = upper
      let adapted = try descent.adapt(implicit, train: problem.train)
      return try implicit.computeGradients(
        validate: problem.validate, auxiliaryModel: adapted, train: problem.train
      ).upperLoss
    }
    let wanted = try centralDifferences(problem.upper) { try loss($0) }
    implicit.upperModel.clearGradients()
    _ = try loss(problem.upper)
    #expect(relativeDistance(implicit.upperModel.gradients, wanted) < 1e-8)
  }

  @Test(arguments: NetworkProblem.names) func lowerDerivatives(name: String) throws {
    let problem = try NetworkProblem(name)
    let point = problem.implicit.lowerModel.values
    let (x, y) = (numbers(point.count, seed: 21), numbers(point.count, seed: 22))
    func derivatives(
      _ point: [Double], _ direction: [Double]
    ) throws -> (loss: Double, gradient: [Double], product: [Double]) {
      try problem.implicit.lowerDerivatives(train: problem.train, at: point, along: direction)
    }
    let (_, gradient, productX) = try derivatives(point, x)
    let losses = try centralDifferences(point) { try derivatives($0, x).loss }
    #expect(relativeDistance(gradient, losses) < 1e-7)
    let step = 1e-5
    let above = try derivatives(sum(point, x, times: step), x).gradient
    let below = try derivatives(sum(point, x, times: -step), x).gradient
    let difference = sum(above, below, times: -1).map { $0 / (2 * step) }
    #expect(relativeDistance(productX, difference) < 1e-7)
    // The Hessian is symmetric.
    let productY = try derivatives(point, y).product
    #expect(abs(dot(y, productX) - dot(x, productY)) < 1e-13 * norm(x) * norm(productY))
  }

  /// <C v, z> against the difference of <df/dw, v> along z.
  @Test(arguments: NetworkProblem.names) func mixedDerivatives(name: String) throws {
    let problem = try NetworkProblem(name)
    let (lower, upper) = (problem.implicit.lowerModel, problem.implicit.upperModel)
    let (v, z) = (numbers(lower.count, seed: 31), numbers(upper.count, seed: 32))
    try problem.mixedProducts().computeGradients(
      validate: Examples(data: DataArray(v), target: .empty),
      auxiliaryModel: AuxiliaryModel(values: lower.values), train: problem.train)
    let found = -dot(upper.gradients, z)
    let values = upper.values
    func slope(_ step: Double) throws -> Double {
      upper.values = sum(values, z, times: step)
      let gradient = try problem.implicit.lowerDerivatives(
        train: problem.train, at: lower.values, along: v
      ).gradient
      return dot(gradient, v)
    }
    let wanted = (try slope(1e-5) - slope(-1e-5)) / 2e-5
    #expect(relative(found, wanted) < 1e-7)
  }
}
