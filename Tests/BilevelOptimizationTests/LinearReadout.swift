import BilevelOptimization
import Models
import Tensors

/// A lower problem whose upper objective is w'g with a g that is given: its hypergradient is g'dw/du, so that the whole
/// derivative of the lower parameters is found row by row.
struct LinearReadout {
  let levels: Levels<Tensor, Tensor>
  private let count: Int
  private let upperCount: Int
  private let train: Examples

  /// A lower problem in double precision.
  ///
  /// - Parameters:
  ///   - count: The lower parameters.
  ///   - upper: The upper parameters.
  ///   - level: What the lower objective gives.
  ///   - train: What it sees.
  ///   - penalty: Strengths of an L1 penalty.
  ///   - objective: f, or phi.
  /// - Throws: As the trace.
  init(
    _ count: Int, upper: [Double], _ level: LowerLevel,
    train: Examples = Examples(data: .empty, target: .empty),
    penalty: Strengths<Tensor, Tensor>? = nil, _ objective: @escaping Objective<Tensor, Tensor>
  ) throws {
    let model = try Model { $0("u", [upper.count]) }
    model.values = upper
    levels = try Levels(
      upperObjective: { ($0.lowerModel * $0.data).sum() }, upperModel: model,
      lowerObjective: objective, lowerModel: try Model { $0("w", [count]) }, precision: .double,
      kernels: nil, lowerLevel: level, lowerPenalty: penalty)
    (self.count, upperCount, self.train) = (count, upper.count, train)
  }

  /// g'dw/du at a point, after some lower steps from there.
  func hypergradient(
    along g: [Double], at w: [Double], _ method: String = "implicit",
    solver: String = "direct", _ restriction: Restriction = .none,
    steps: any LowerOptimizer = MethodsProblem.still
  ) throws -> (hypergradient: [Double], end: [Double], outcome: MethodOutcome) {
    var options = MethodOptions(rate: 1)
    (options.k, options.solver) = (100, SolverName(rawValue: solver))
    options.restriction = restriction
    let task = try LowerTask(
      levels,
      TaskData(train: train, validate: Examples(data: DataArray(g), target: .empty)), steps,
      from: w)
    var hypergradient = [Double](repeating: 0, count: upperCount)
    let outcome = try MethodName(rawValue: method)!.make(levels, options, steps)
      .hypergradient(task, into: &hypergradient)
    return (hypergradient, task.point, outcome)
  }

  /// dw/du, a row a lower parameter.
  func jacobian(
    at w: [Double], _ method: String = "implicit", solver: String = "direct",
    _ restriction: Restriction = .none, steps: any LowerOptimizer = MethodsProblem.still
  ) throws -> Matrix {
    Matrix(
      try (0..<count).map { row in
        let unit = (0..<count).map { $0 == row ? 1.0 : 0 }
        return try hypergradient(
          along: unit, at: w, method, solver: solver, restriction, steps: steps
        ).hypergradient
      })
  }
}

/// sign(z) max(|z| - t, 0)
func soft(_ z: Tensor, _ t: Tensor) -> Tensor {
  let none = z.constant([Double](repeating: 0, count: z.shape.count), z.shape)
  return maximum(z - t, none) - maximum(-z - t, none)
}

/// A matrix times a vector of a trace.
func times(_ matrix: Matrix, _ x: Tensor) -> Tensor {
  matmul(
    x.constant(matrix.values, [matrix.rows, matrix.columns]), x.reshaped([matrix.columns, 1])
  ).reshaped([matrix.rows])
}

/// A vector of numbers in a tensor's trace.
func vector(_ values: [Double], in trace: Tensor) -> Tensor {
  trace.constant(values, [values.count])
}
