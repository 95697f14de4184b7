import BilevelOptimization
import Tensors

/// Derivatives against differences, in double precision on networks with every kind of layer.
enum DerivativeChecks {
  static let all = [
    Check("gradient against differences", .alone(gradient)),
    Check("Hessian-vector product against differences", .alone(product)),
    Check("<Hx, y> = <x, Hy>", .alone(symmetry)),
    Check("hypergradient against differences of w*(u)", .alone(hypergradient)),
  ]

  @Sendable private static func gradient() throws -> Check.Figure {
    let problem = try SmallProblem.images(smooth: true, precision: .double)
    let point = problem.implicit.lowerModel.values
    let found = try derivatives(problem, point, point).gradient
    let step = 1e-5
    let wanted = try point.indices.map { index in
      func loss(_ change: Double) throws -> Double {
        var moved = point
        moved[index] += change
        return try derivatives(problem, moved, point).loss
      }
      return (try loss(step) - loss(-step)) / (2 * step)
    }
    return Check.Figure(Vectors.relativeError(found, wanted), atMost: 1e-7)
  }

  @Sendable private static func product() throws -> Check.Figure {
    let problem = try SmallProblem.images(smooth: true, precision: .double)
    let point = problem.implicit.lowerModel.values
    let x = Vectors.drawn(point.count, seed: 11)
    let step = 1e-5
    let above = try derivatives(problem, Vectors.sum(point, x, times: step), x).gradient
    let below = try derivatives(problem, Vectors.sum(point, x, times: -step), x).gradient
    let wanted = Vectors.sum(above, below, times: -1).map { $0 / (2 * step) }
    let found = try derivatives(problem, point, x).product
    return Check.Figure(Vectors.relativeError(found, wanted), atMost: 1e-6)
  }

  @Sendable private static func symmetry() throws -> Check.Figure {
    let problem = try SmallProblem.images(smooth: true, precision: .double)
    let point = problem.implicit.lowerModel.values
    let (x, y) = (Vectors.drawn(point.count, seed: 11), Vectors.drawn(point.count, seed: 12))
    let (hx, hy) = (
      try derivatives(problem, point, x).product, try derivatives(problem, point, y).product
    )
    let difference = abs(Vectors.dot(hx, y) - Vectors.dot(x, hy))
    return Check.Figure(difference / (Vectors.norm(x) * Vectors.norm(hy)), atMost: 1e-13)
  }

  /// Along a direction z, the whole map u -> F(w*(u)), with w* adapted anew at each point.
  @Sendable private static func hypergradient() throws -> Check.Figure {
    let problem = try SmallProblem.curve()
    let implicit = problem.implicit
    let start = implicit.upperModel.values
    let z = Vectors.drawn(start.count, seed: 13)
    let descent = try GradientDescent(learningRate: 0.1, steps: 2000, gradientTolerance: 1e-13)
    func loss(_ change: Double) throws -> Double {
      implicit.upperModel.values = Vectors.sum(start, z, times: change)
      implicit.upperModel.clearGradients()
      let adapted = try descent.adapt(
        implicit, train: problem.train, from: implicit.upperModel.values)
      return try implicit.computeGradients(
        validate: problem.validate, auxiliaryModel: adapted, train: problem.train
      ).upperLoss
    }
    let step = 1e-5
    let wanted = (try loss(step) - loss(-step)) / (2 * step)
    _ = try loss(0)
    let found = Vectors.dot(implicit.upperModel.gradients, z)
    return Check.Figure(abs(found - wanted) / abs(wanted), atMost: 1e-6)
  }

  private static func derivatives(
    _ problem: SmallProblem, _ point: [Double], _ direction: [Double]
  ) throws -> (loss: Double, gradient: [Double], product: [Double]) {
    try problem.implicit.lowerDerivatives(train: problem.train, at: point, along: direction)
  }
}
