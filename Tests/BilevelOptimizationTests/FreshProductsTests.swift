import BilevelOptimization
import Models
import Tensors
import TestSupport
import Testing

/// Products over batches of their own are made without the gradients of these, and come out as with them.
@Suite struct FreshProductsTests {
  private static let (rows, size, k) = (24, 4, 5)

  /// Weighted logistic regression with a strength a weight.
  private static func levels(fresh: Bool) throws -> Levels<Tensor, Tensor> {
    func loss(_ s: ObjectiveState<Tensor, Tensor>) -> Tensor {
      crossEntropies(matmul(s.data, s.lowerModel), s.target)
    }
    let upper = try Model { p in p("u", [rows + 6], .zeros) }
    upper.values = numbers(rows + 6, seed: 3)
    return try Levels(
      upperObjective: { loss($0).mean() }, upperModel: upper,
      lowerObjective: { s in
        let weights = sigmoid(s.upperModel.sliced(0, 0..<rows).rows(s["example"]))
        let strengths = exp(s.upperModel.sliced(0, rows..<rows + 6))
        return (weights * loss(s)).mean() + (strengths * s.lowerParameters.squared).sum()
      }, lowerModel: try Model(seed: 1) { p in p("w", [2, 3], .zeros) }, precision: .double,
      kernels: nil, hasFreshProducts: fresh)
  }

  private static func outcome(
    _ name: String, fresh: Bool
  ) throws -> [Double] {
    let levels = try levels(fresh: fresh)
    let train = Examples(
      data: try DataArray([rows, 2], numbers(rows * 2, seed: 5)),
      target: DataArray(indices: (0..<rows).map { $0 * 7 % 3 }),
      extras: [.init("example", DataArray(indices: Array(0..<rows)), byRow: true)])
    func batch(_ number: Int) throws -> Examples {
      let first = number * size % rows
      return try train.batch(RowNumbers(first..<first + size))
    }
    var options = MethodOptions(rate: 0.1)
    options.k = k
    options.solver = SolverName(rawValue: name)
    let steps = try GradientDescent(learningRate: 0.1, steps: 3)
    let task = try LowerTask(
      levels,
      TaskData(
        train: train, validate: train,
        batches: GivenBatches(
          lower: try (0..<3).map(batch), solve: try (0..<2 * k + 3).map { try batch($0 + 1) },
          hasFreshProducts: true)), steps, from: numbers(6, seed: 8))
    var hypergradient = [Double](repeating: 0, count: rows + 6)
    _ = try MethodName.implicit.make(levels, options, steps)
      .hypergradient(task, into: &hypergradient)
    return hypergradient
  }

  @Test(arguments: ["neumann", "descent"]) func haveTheSameBits(_ solver: String) throws {
    let alone = try Self.outcome(solver, fresh: true)
    let whole = try Self.outcome(solver, fresh: false)
    #expect(alone.map(\.bitPattern) == whole.map(\.bitPattern) && norm(alone) > 1e-3)
  }
}
