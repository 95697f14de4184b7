import BilevelOptimization
import Models
import Tensors
import TestSupport
import Testing

/// Three levels: both lower ones are stationary where their conditions hold, which together are one fixed point.
@Suite(.enabled(if: MethodsFixture.isAvailable, "methods.json is not beside the package"))
struct ThreeLevelTests {
  private let content: MethodsFixture.Value

  init() throws { content = try MethodsFixture().methods["three-levels"] }

  /// With p = P^-1 (z - c): Pz = Qy + Rx, Pp = z - c, Sy = Tx - Q'p; w = (y, z, p).
  @Test func conditionsAreOneFixedPoint() throws {
    let (P, Q, R) = (content.P.matrix, content.Q.matrix, content.R.matrix)
    let (S, T) = (content.S.matrix, content.T.matrix)
    let (c, s, t) = (content.c.numbers, content.s.numbers, content.t.numbers)
    let (n, k) = (S.rows, P.rows)
    let upper = try Model { $0("x", [R.columns]) }
    upper.values = content.x.numbers
    func parts(_ w: Tensor) -> (y: Tensor, z: Tensor, p: Tensor) {
      (w.sliced(0, 0..<n), w.sliced(0, n..<n + k), w.sliced(0, n + k..<n + 2 * k))
    }
    let levels = try Levels(
      upperObjective: { state in
        let (y, z, _) = parts(state.lowerModel)
        let x = state.upperModel
        return 0.5 * (z - vector(t, in: z)).squared.sum() + 0.5
          * (y - vector(s, in: y)).squared.sum()
          + 0.05 * squaredNorm(x) + 0.1 * sin(x).sum()
      }, upperModel: upper,
      lowerObjective: { state in
        let (w, x) = (state.lowerModel, state.upperModel)
        let (y, z, p) = parts(w)
        let left = Tensor.concatenated([
          times(S, y) - times(T, x) + times(Q.transposed, p),
          times(P, z) - times(Q, y) - times(R, x),
          times(P, p) - z + vector(c, in: z),
        ])
        return w - left
      }, lowerModel: try Model { $0("w", [n + 2 * k]) }, precision: .double, kernels: nil,
      lowerLevel: .fixedPoint)
    let z = content.z.numbers
    let w = content.y.numbers + z + P.solve(sum(z, c, times: -1))
    var options = MethodOptions(rate: 1)
    options.solver = SolverName(rawValue: "direct")
    let task = try LowerTask(
      levels,
      TaskData(
        train: Examples(data: .empty, target: .empty),
        validate: Examples(data: .empty, target: .empty)), MethodsProblem.still, from: w)
    var hypergradient = [Double](repeating: 0, count: R.columns)
    let outcome = try MethodName.implicit.make(levels, options, MethodsProblem.still)
      .hypergradient(task, into: &hypergradient)
    #expect(outcome.lowerGradientNorm < 1e-10)
    #expect(relative(outcome.upperLoss, content.top_loss.number) < 1e-9)
    #expect(relativeDistance(hypergradient, content.gradient.numbers) < 1e-9)
  }

  /// The middle objective's derivative goes through the bottom's minimum.
  @Test func theMiddleLevelAlone() throws {
    let (P, Q, R) = (content.P.matrix, content.Q.matrix, content.R.matrix)
    let (S, T, c) = (content.S.matrix, content.T.matrix, content.c.numbers)
    let x = content.x.numbers
    let upper = try Model { $0("y", [S.rows]) }
    upper.values = content.y0.numbers
    let implicit = try Implicit(
      upperObjective: { state in
        let (y, z) = (state.upperModel, state.lowerModel)
        return 0.5 * (y * times(S, y)).sum() - (y * vector(T * x, in: y)).sum()
          + 0.5 * (z - vector(c, in: z)).squared.sum()
      }, upperModel: upper,
      lowerObjective: { state in
        let z = state.lowerModel
        return 0.5 * (z * times(P, z)).sum()
          - (z * (times(Q, state.upperModel) + vector(R * x, in: z))).sum()
      }, lowerModel: try Model { $0("z", [P.rows]) }, lowerLearningRate: 1, k: 50,
      method: .linearSystem, tolerance: 1e-14, precision: .double)
    let z = P.solve(sum(Q * content.y0.numbers, R * x))
    let empty = Examples(data: .empty, target: .empty)
    let report = try implicit.computeGradients(
      validate: empty, auxiliaryModel: AuxiliaryModel(values: z), train: empty)
    #expect(relative(report.upperLoss, content.middle_loss.number) < 1e-9)
    #expect(relativeDistance(upper.gradients, content.middle_gradient.numbers) < 1e-9)
  }
}
