import BilevelOptimization
import MessagePassing
import Models
import Problems
import Tensors
import Training

/// A problem's first task, in double precision, at its first upper parameters and near its first lower ones, where
/// derivatives are compared.
struct ProblemPoint<P: Problem> {
  let problem: P
  /// With double precision, and solves as far as they go.
  let settings: TrainingSettings
  let task: TaskExamples
  /// u.
  let upper: [Double]
  /// Where adaptation starts.
  let start: [Double]
  /// w: a little off the start, where networks are often not generic: zeros, or units that are alike.
  let lower: [Double]

  init(_ run: ProblemRun<P>) throws {
    problem = try P(run.own, seed: UInt64(run.training.seed))
    try run.initialise(problem.upperModel, SoloCommunicator())
    var settings = run.training
    settings.precision = .double
    settings.method = .linearSystem
    settings.negativeCurvature = .truncate
    settings.k = min(2 * problem.lowerModel.count + 10, Self.mostProducts)
    self.settings = settings
    task = try problem.task(0, step: 0)
    upper = problem.upperModel.values
    start = try problem.start.values(problem.levels(settings))
    lower = Vectors.sum(start, Vectors.drawn(start.count, seed: 31), times: 1 / 16)
  }

  /// Hessian-vector products of one solve, at the most.
  private static var mostProducts: Int { 1_000 }

  /// Objectives traced anew where both models have the given values: an objective that reads these itself, and not by
  /// its state, has other values then than its derivatives know of. A solve ends at the tolerance, and has
  /// the damping.
  func traced<Value>(
    upper: [Double]? = nil, lower: [Double]? = nil, tolerance: Double = 0, damping: Double = 0,
    _ body: (Implicit<P.Upper, P.Lower>) throws -> Value
  ) throws -> Value {
    let before = (problem.upperModel.values, problem.lowerModel.values)
    defer { (problem.upperModel.values, problem.lowerModel.values) = before }
    problem.upperModel.values = upper ?? self.upper
    problem.lowerModel.values = lower ?? self.lower
    var settings = settings
    (settings.tolerance, settings.damping) = (tolerance, damping)
    return try body(problem.implicit(settings))
  }

  /// df/dw at a point.
  func lowerGradient(upper: [Double]? = nil, lower: [Double]? = nil) throws -> [Double] {
    try traced(upper: upper, lower: lower) {
      try $0.linearised(train: task.train, at: lower ?? self.lower).gradient
    }
  }

  /// F and its gradients at a point.
  func upperDerivatives(
    upper: [Double]? = nil, lower: [Double]? = nil
  ) throws -> (loss: Double, lower: [Double], upper: [Double]) {
    try traced(upper: upper, lower: lower) {
      try $0.upperDerivatives(validate: task.validate, at: lower ?? self.lower)
    }
  }

  /// Directions of as many numbers: the given one, which sees the whole of a gradient, unless it is 0, and two drawn
  /// ones. Their numbers are 1 in the quadratic mean.
  static func directions(_ count: Int, along gradient: [Double]) -> [[Double]] {
    let norm = Vectors.norm(gradient)
    let size = Double(count).squareRoot()
    let steepest = norm > 0 && norm.isFinite ? [gradient.map { $0 / norm * size }] : []
    return steepest + [41, 42].map { Vectors.drawn(count, seed: $0) }
  }
}
