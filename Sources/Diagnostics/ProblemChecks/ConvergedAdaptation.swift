import BilevelOptimization
import Problems

/// Adapts a point's lower model until its gradient is all but 0: by the problem's own lower optimiser, for longer than
/// training does, then by Newton's method with truncated conjugate gradients (Steihaug, 1983).
///
/// Where that does not come to a minimum (networks often have none nearby, or have it at a kink), the lower objective is
/// replaced by one that has a minimum where training's own adaptation ends, w0: f(w, u) - r'w + damping / 2 ||w - w0||^2,
/// with r the lower gradient there. Its mixed derivatives are those of f, its Hessian is that of f with the damping.
struct ConvergedAdaptation<P: Problem> {
  /// What is added to the lower objective.
  private struct Anchor {
    let lower, slope: [Double]
    let damping: Double
  }

  /// Lower parameters at the minimum.
  let lower: [Double]
  /// What the Hessian's diagonal has in addition; 0 where f itself has the minimum.
  var damping: Double { anchor?.damping ?? 0 }
  private let point: ProblemPoint<P>
  private let anchor: Anchor?

  /// The largest gradient that counts as 0, relative to that near the start.
  private static var tolerance: Double { 1e-11 }
  /// Lower steps, in those of training.
  private static var longer: Int { 20 }
  /// Hessian-vector products, in all and of one step.
  private static var mostProducts: (inAll: Int, ofOneStep: Int) { (2_000, 500) }

  /// Adapts.
  ///
  /// - Throws: What the objectives throw.
  init(_ point: ProblemPoint<P>) throws {
    self.point = point
    let longer = try Self.adapted(point, steps: Self.longer * point.settings.lowerSteps)
    if let lower = try Self.converged(point, nil, upper: point.upper, from: longer) {
      (self.lower, anchor) = (lower, nil)
      return
    }
    lower = try Self.adapted(point, steps: point.settings.lowerSteps)
    anchor = try point.traced(lower: lower) { [lower] implicit in
      let (_, slope, product) = try implicit.linearised(train: point.task.train, at: lower)
      // Twice the largest curvature, by the power method: what is left is positive, and easily solved for.
      var (direction, largest) = (Vectors.drawn(lower.count, seed: 16), 0.0)
      for _ in 0..<20 {
        let norm = Vectors.norm(direction)
        guard norm > 0 else { break }
        direction = product(direction.map { $0 / norm })
        largest = max(largest, Vectors.norm(direction))
      }
      return Anchor(lower: lower, slope: slope, damping: largest > 0 ? 2 * largest : 1)
    }
  }

  private static func adapted(_ point: ProblemPoint<P>, steps: Int) throws -> [Double] {
    var settings = point.settings
    settings.lowerSteps = steps
    let optimizer = try settings.lowerOptimizer()
    return try point.traced(lower: point.start) {
      try optimizer.adapt($0, train: point.task.train, from: point.start).values
    }
  }

  /// The lower parameters at the minimum for other upper parameters; nil where none is found.
  func again(upper: [Double]) throws -> [Double]? {
    try Self.converged(point, anchor, upper: upper, from: lower)
  }

  /// By Newton's method; nil where it does not come to a minimum.
  private static func converged(
    _ point: ProblemPoint<P>, _ anchor: Anchor?, upper: [Double], from lower: [Double]
  ) throws -> [Double]? {
    let enough = tolerance * Vectors.norm(try point.lowerGradient(upper: upper, lower: point.lower))
    return try point.traced(upper: upper, lower: lower) { implicit in
      func linearised(_ lower: [Double]) throws -> Linearised {
        let f = try implicit.linearised(train: point.task.train, at: lower)
        guard let anchor else { return f }
        let away = Vectors.sum(lower, anchor.lower, times: -1)
        let slope = Vectors.sum(away.map { anchor.damping * $0 }, anchor.slope, times: -1)
        return (
          f.loss - Vectors.dot(anchor.slope, away) + anchor.damping / 2 * Vectors.dot(away, away),
          Vectors.sum(f.gradient, slope, times: 1),
          { Vectors.sum(f.product($0), $0, times: anchor.damping) }
        )
      }
      var (lower, products) = (lower, 0)
      while products < mostProducts.inAll {
        let (loss, gradient, product) = try linearised(lower)
        let norm = Vectors.norm(gradient)
        guard norm.isFinite else { return nil }
        let step = NewtonStep(gradient, mostProducts: mostProducts.ofOneStep, product)
        products += max(step.products, 1)
        if norm <= enough {
          return step.isOfMinimum ? Vectors.sum(lower, step.change, times: 1) : nil
        }
        let line = [1, 0.5, 0.25, 0.0625, 1 / 256.0, 1 / 4096.0].lazy.map {
          Vectors.sum(lower, step.change, times: $0)
        }
        let next = try line.first { moved in
          let (other, slope, _) = try linearised(moved)
          let rounding = 1e-13 * abs(loss)
          return other < loss - rounding
            || other <= loss + rounding && Vectors.norm(slope) < norm
        }
        guard let next else { return nil }
        lower = next
      }
      return nil
    }
  }
}

/// A function's value, gradient and Hessian products at a point.
private typealias Linearised = (
  loss: Double, gradient: [Double], product: ([Double]) -> [Double]
)

/// -H^-1 g, nearly, or as far towards it as curvatures are positive.
private struct NewtonStep {
  private(set) var change: [Double]
  private(set) var products = 0
  /// Whether no direction of negative curvature was met, but for rounding. Where there is none at all, on directions that
  /// nothing depends on, nothing is changed.
  private(set) var isOfMinimum = true

  init(_ gradient: [Double], mostProducts: Int, _ product: ([Double]) -> [Double]) {
    change = [Double](repeating: 0, count: gradient.count)
    var residual = gradient.map { -$0 }
    var direction = residual
    var squared = Vectors.dot(residual, residual)
    let enough = 1e-20 * squared
    var largest = 0.0
    while products < mostProducts, squared > enough {
      let image = product(direction)
      products += 1
      let curvature = Vectors.dot(direction, image)
      let relative = curvature / Vectors.dot(direction, direction)
      guard relative > 1e-12 * largest else {
        isOfMinimum = relative >= -1e-9 * largest
        if products == 1 { change = direction }
        return
      }
      largest = max(largest, relative)
      change = Vectors.sum(change, direction, times: squared / curvature)
      residual = Vectors.sum(residual, image, times: -squared / curvature)
      let next = Vectors.dot(residual, residual)
      direction = Vectors.sum(residual, direction, times: next / squared)
      squared = next
    }
  }
}
