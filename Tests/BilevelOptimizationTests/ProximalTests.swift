import BilevelOptimization
import Models
import Tensors
import TestSupport
import Testing

/// Lower objectives whose Hessian is so plain that products with it are no computation: nothing, or the vector
/// itself. Solvers change their vectors in place, and must not change these.
struct ProximalTests {
  private let upper = numbers(5, seed: 1)
  private let point = numbers(5, seed: 2)
  private let target = numbers(5, seed: 3)

  /// The hypergradient of F = 0.5 ||w - t||^2 under a lower objective.
  private func solve(
    _ objective: @escaping Objective<Tensor, Tensor>, _ method: ImplicitMethod, k: Int,
    damping: Double, _ arithmetic: Arithmetic
  ) throws -> (result: [Double], report: HypergradientReport) {
    let model = try Model { $0("u", [5]) }
    model.values = upper
    let implicit = try Implicit(
      upperObjective: { 0.5 * squaredDistance($0.lowerModel, $0.data) }, upperModel: model,
      lowerObjective: objective, lowerModel: try Model { $0("w", [5]) }, lowerLearningRate: 0.1,
      k: k, method: method, tolerance: 1e-5, relativeTolerance: 1e-5, damping: damping,
      precision: arithmetic.precision, kernels: arithmetic.kernels)
    let report = try implicit.computeGradients(
      validate: Examples(data: DataArray(target), target: .empty),
      auxiliaryModel: AuxiliaryModel(values: point),
      train: Examples(data: .empty, target: .empty))
    return (model.gradients, report)
  }

  private func series(_ curvature: Double, _ k: Int) -> Double {
    let powers = (0..<k).reduce(into: [1.0]) { list, _ in
      list.append(list.last! * (1 - 0.1 * curvature))
    }
    return 0.1 * powers.reduce(0, +)
  }

  /// f = 0.5 s ||w - u||^2: H = s I and C = -s I.
  @Test(arguments: Arithmetic.all, [(1.0, 0.0), (1, 0.5), (0.25, 0), (4, 2)])
  func proximalTermsAlone(arithmetic: Arithmetic, numbers: (Double, Double)) throws {
    let (strength, damping) = numbers
    let g = sum(point, target, times: -1)
    let objective: Objective<Tensor, Tensor> = {
      0.5 * strength * squaredDistance($0.lowerModel, $0.upperModel)
    }
    let linear = try solve(objective, .linearSystem, k: 9, damping: damping, arithmetic)
    let factor = strength / (strength + damping)
    #expect(relativeDistance(linear.result, g.map { factor * $0 }) < arithmetic.tolerance)
    #expect(linear.report.solve.steps == 1)
    let neumann = try solve(objective, .neumannSeries, k: 4, damping: damping, arithmetic)
    let sum = strength * series(strength + damping, 4)
    #expect(relativeDistance(neumann.result, g.map { sum * $0 }) < arithmetic.tolerance)
  }

  /// f = w'u has no curvature of its own: all that a solve sees is the damping.
  @Test(arguments: Arithmetic.all) func noCurvatureButDamping(arithmetic: Arithmetic) throws {
    let g = sum(point, target, times: -1)
    let objective: Objective<Tensor, Tensor> = { ($0.lowerModel * $0.upperModel).sum() }
    let linear = try solve(objective, .linearSystem, k: 9, damping: 2, arithmetic)
    #expect(relativeDistance(linear.result, g.map { -$0 / 2 }) < arithmetic.tolerance)
    let neumann = try solve(objective, .neumannSeries, k: 4, damping: 2, arithmetic)
    #expect(
      relativeDistance(neumann.result, g.map { -series(2, 4) * $0 }) < arithmetic.tolerance)
    let error = #expect(throws: HypergradientError.self) {
      try solve(objective, .linearSystem, k: 9, damping: 0, arithmetic)
    }
    #expect(error?.code == .noCurvature)
  }

  /// f = sum of w'u and ||w||^2 / 2: the gradient's and the Hessian's parts are the inputs themselves.
  @Test(arguments: Arithmetic.all) func theVectorItself(arithmetic: Arithmetic) throws {
    let g = sum(point, target, times: -1)
    let objective: Objective<Tensor, Tensor> = {
      ($0.lowerModel * $0.upperModel).sum() + 0.5 * squaredNorm($0.lowerParameters)
    }
    let linear = try solve(objective, .linearSystem, k: 9, damping: 0.25, arithmetic)
    #expect(relativeDistance(linear.result, g.map { -$0 / 1.25 }) < arithmetic.tolerance)
    let neumann = try solve(objective, .neumannSeries, k: 4, damping: 0.25, arithmetic)
    #expect(
      relativeDistance(neumann.result, g.map { -series(1.25, 4) * $0 }) < arithmetic.tolerance)
  }

  /// f = ||a||^2 + w'u with w = (a, b): H is 2 I in a and 0 in b, where damping must not add up from step to step.
  @Test(arguments: Arithmetic.all) func aPartWithoutCurvature(arithmetic: Arithmetic) throws {
    let model = try Model { $0("u", [5]) }
    let implicit = try Implicit(
      upperObjective: { 0.5 * squaredDistance($0.lowerParameters, $0.data) }, upperModel: model,
      lowerObjective: { state in
        squaredNorm(state.lowerModel.a) + (state.lowerParameters * state.upperModel).sum()
      }, lowerModel: try Model { (a: $0("a", [2]), b: $0("b", [3])) }, lowerLearningRate: 0.1,
      k: 9, method: .linearSystem, tolerance: 1e-5, relativeTolerance: 1e-5, damping: 0.5,
      precision: arithmetic.precision, kernels: arithmetic.kernels)
    let report = try implicit.computeGradients(
      validate: Examples(data: DataArray(target), target: .empty),
      auxiliaryModel: AuxiliaryModel(values: point),
      train: Examples(data: .empty, target: .empty))
    let g = sum(point, target, times: -1)
    let wanted = g.indices.map { -g[$0] / ($0 < 2 ? 2.5 : 0.5) }
    #expect(relativeDistance(model.gradients, wanted) < arithmetic.tolerance)
    #expect(report.solve.steps == 2)
  }
}
