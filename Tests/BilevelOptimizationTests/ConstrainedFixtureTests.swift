import BilevelOptimization
import Foundation
import Models
import Tensors
import TestSupport
import Testing

/// Non-smooth and constrained lower problems, differentiated where they can move.
@Suite(.enabled(if: MethodsFixture.isAvailable, "methods.json is not beside the package"))
struct ConstrainedFixtureTests {
  let content: MethodsFixture.Value

  init() throws { content = try MethodsFixture().methods.constrained }

  private func array(_ matrix: Matrix) throws -> DataArray {
    try DataArray([matrix.rows, matrix.columns], matrix.values)
  }

  /// The hypergradient at a solution.
  private func hypergradient(
    _ levels: Levels<Tensor, Tensor>, _ train: Examples, _ validate: Examples, at w: [Double],
    _ restriction: Restriction
  ) throws -> [Double] {
    var options = MethodOptions(rate: 0.1)
    (options.k, options.restriction, options.solver) = (50, restriction, .conjugateGradient)
    let still = try GradientDescent(learningRate: 1, steps: 0)
    let task = try LowerTask(
      levels, TaskData(train: train, validate: validate), still, from: w)
    var hypergradient = [Double](repeating: 0, count: levels.upperModel.count)
    _ = try MethodName.implicit.make(levels, options, still)
      .hypergradient(task, into: &hypergradient)
    return hypergradient
  }

  /// f = ||Xw - y||^2 / 2n + sum_k exp(u_k) |w_k| + l2 / 2 ||w||^2, u the logarithms of the strengths.
  private func lasso(
    _ entry: MethodsFixture.Value
  ) throws -> (levels: Levels<Tensor, Tensor>, train: Examples, validate: Examples) {
    let (n, ridge) = (entry.w.list.count, entry.lambda2.number)
    let upper = try Model { $0("log_strengths", [n]) }
    upper.values = entry.lambda1.numbers.map { log($0) }
    func error(_ state: ObjectiveState<Tensor, Tensor>) -> Tensor {
      let fit = matmul(state.data, state.lowerModel.reshaped([n, 1])).reshaped(state.target.shape)
      return 0.5 * (fit - state.target).squared.mean()
    }
    let levels = try Levels(
      upperObjective: error, upperModel: upper,
      lowerObjective: {
        error($0) + (exp($0.upperModel) * abs($0.lowerModel)).sum()
          + 0.5 * ridge * squaredNorm($0.lowerModel)
      }, lowerModel: try Model { $0("w", [n]) }, precision: .double, kernels: nil)
    return (
      levels,
      Examples(data: try array(entry.X.matrix), target: DataArray(entry.y.numbers)),
      Examples(data: try array(entry.Xv.matrix), target: DataArray(entry.yv.numbers))
    )
  }

  @Test(arguments: ["lasso", "lasso-per-feature", "elastic-net"]) func penaltiesOfSize(
    _ name: String
  ) throws {
    let entry = content[name]
    let (levels, train, validate) = try lasso(entry)
    let found = try hypergradient(levels, train, validate, at: entry.w.numbers, .support)
    let wanted = zip(entry.hypergradient_lambda1.numbers, entry.lambda1.numbers).map { $0 * $1 }
    #expect(relativeDistance(found, wanted) < 1e-9)
    // Proximal gradients come to that solution, zeros included; accelerated ones sooner.
    let strengths = entry.lambda1.numbers
    let descents: [any LowerOptimizer] = [
      try ProximalGradient(learningRate: 0.2, strengths: strengths, steps: 3_000),
      try AcceleratedProximalGradient(learningRate: 0.2, strengths: strengths, steps: 200),
    ]
    for descent in descents {
      let task = try LowerTask(
        levels, TaskData(train: train, validate: validate), descent,
        from: entry.w.numbers.map { _ in 0 })
      try task.adapt()
      let solution = task.point
      #expect(relativeDistance(solution, entry.w.numbers) < 1e-9, "\(type(of: descent))")
      #expect(solution.indices.filter { solution[$0] != 0 } == entry.support.wholes)
    }
  }

  @Test func proximalSteps() throws {
    let entry = content["proximal-gradient"]
    let (levels, train, validate) = try lasso(content.lasso)
    #expect(entry.lambda.number == content.lasso.lambda1[0].number)
    for steps in entry.cases.keys {
      let descent = try ProximalGradient(
        learningRate: entry.step.number, strengths: [entry.lambda.number],
        steps: try #require(Int(steps)))
      let task = try LowerTask(
        levels, TaskData(train: train, validate: validate), descent,
        from: content.lasso.w.numbers.map { _ in 0 })
      try task.adapt()
      #expect(relativeDistance(task.point, entry.cases[steps].w.numbers) < 1e-9)
    }
  }

  /// f = w'Aw / 2 - w'Bu, F = ||w - t||^2 / 2.
  private func quadratic() throws -> (
    levels: Levels<Tensor, Tensor>, train: Examples, validate: Examples
  ) {
    let box = content.box
    let (n, u) = (box.t.list.count, box.u.numbers)
    let upper = try Model { $0("u", [u.count]) }
    upper.values = u
    let levels = try Levels(
      upperObjective: { 0.5 * squaredDistance($0.lowerModel, $0.data) }, upperModel: upper,
      lowerObjective: {
        let row = $0.lowerModel.reshaped([1, n])
        return 0.5 * (matmul(row, $0.data) * row).sum()
          - (matmul(row, $0.target) * $0.upperModel).sum()
      }, lowerModel: try Model { $0("w", [n]) }, precision: .double, kernels: nil)
    return (
      levels, Examples(data: try array(box.A.matrix), target: try array(box.B.matrix)),
      Examples(data: DataArray(box.t.numbers), target: .empty)
    )
  }

  @Test(arguments: ["box", "simplex"]) func sets(_ name: String) throws {
    let entry = content[name]
    let set: ParameterSet =
      name == "box" ? .boxes(low: entry.low.numbers, high: entry.high.numbers) : .simplex
    let (levels, train, validate) = try quadratic()
    let found = try hypergradient(
      levels, train, validate, at: entry.w.numbers, .interior(set))
    #expect(relativeDistance(found, entry.hypergradient.numbers) < 1e-9)
    guard set == .simplex else { return }
    // Projected descent comes to that solution.
    let descent = try Regulated(GradientDescent(learningRate: 0.1, steps: 3_000), set: set)
    let task = try LowerTask(
      levels, TaskData(train: train, validate: validate), descent,
      from: entry.w.numbers.map { _ in 0 })
    try task.adapt()
    #expect(relativeDistance(task.point, entry.w.numbers) < 1e-9)
  }

  @Test func theSimplexIsProjectedOnto() {
    let entry = content["simplex-projection"]
    var z = entry.z.numbers
    ParameterSet.simplex.project(&z)
    #expect(relativeDistance(z, entry.w.numbers) < 1e-12)
  }
}
