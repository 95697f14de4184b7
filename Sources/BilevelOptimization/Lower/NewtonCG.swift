import Tensors

/// A lower optimiser whose steps need products with the Hessian at the point.
protocol CurvatureOptimizer: LowerOptimizer {
  /// Makes one step.
  ///
  /// - Parameters:
  ///   - step: The step's number, as ``LowerOptimizer/update(_:along:loss:_:state:_:)`` has it.
  ///   - gradient: The gradient at the point; valid until the first product.
  ///   - loss: The loss at the point.
  ///   - point: The lower parameters, to be changed in place.
  ///   - state: The optimiser's.
  ///   - algebra: Operations on vectors.
  ///   - product: H times a vector; valid until the next product.
  func update(
    _ step: Int, along gradient: Elements, loss: Double, _ point: Elements, state: VectorStore,
    _ algebra: VectorAlgebra, product: (Elements) -> Elements)
}

/// Newton's method with truncated conjugate gradients (Steihaug, 1983; Nocedal and Wright, 2006, algorithm 7.1) and
/// backtracking. For smooth objectives over all examples; near a minimum it converges faster than linearly. Each step computes
/// one gradient and some Hessian-vector products; the last one only judges.
public struct NewtonCG: CurvatureOptimizer {
  /// The length of a step where there is no positive curvature, in gradients, above 0.
  public let learningRate: Double
  /// The most Hessian-vector products of a step, 1 or more.
  public let products: Int
  /// How many gradients, and when to stop before.
  public let schedule: AdaptationSchedule
  /// Those of the line search, and two of conjugate gradients.
  public static var stateVectors: Int { LineSearch.vectors + 2 }
  /// Each adaptation begins anew.
  public static var keepsState: Bool { false }
  /// Losses decide.
  public static var usesLoss: Bool { true }
  /// A step is kept or shortened by what became of the loss.
  public static var comparesLosses: Bool { true }

  /// Newton's method.
  ///
  /// - Parameters:
  ///   - learningRate: The length of a step where there is no positive curvature, in gradients, finite and above 0.
  ///   - products: The most Hessian-vector products of a step, 1 or more.
  ///   - steps: The most gradients, 0 or more; the last one only judges, so that 1 changes nothing.
  ///   - gradientTolerance: Stops when the gradient's norm is below; 0 never does.
  /// - Throws: ``HypergradientError`` of code `parameter` for one outside its range.
  public init(
    learningRate: Double, products: Int = 20, steps: Int, gradientTolerance: Double = 0
  ) throws(HypergradientError) {
    try HypergradientError.requireRate(learningRate)
    self.learningRate = learningRate
    try HypergradientError.require(
      products >= 1, "products are \(products); Newton's method needs 1 or more a step")
    self.products = products
    schedule = try AdaptationSchedule(steps: steps, gradientTolerance: gradientTolerance)
  }

  /// Steps without products are none: whoever adapts gives them.
  public func update(
    _ step: Int, along gradient: Elements, loss: Double, _ point: Elements, state: VectorStore,
    _ algebra: VectorAlgebra
  ) {
    update(step, along: gradient, loss: loss, point, state: state, algebra) { $0 }
  }

  func update(
    _ step: Int, along gradient: Elements, loss: Double, _ point: Elements, state: VectorStore,
    _ algebra: VectorAlgebra, product: (Elements) -> Elements
  ) {
    let isLast = step + 1 >= schedule.steps
    if LineSearch.accepts(step, point, loss: loss, state) {
      if !isLast {
        let slope = direct(gradient, state, algebra, product)
        LineSearch.begin(slope: slope, state)
      }
    } else {
      LineSearch.shorten(loss: loss, state)
    }
    LineSearch.move(point, isLast: isLast, state, algebra)
  }

  /// Sets the direction to -H^-1 g, nearly, or as far towards it as curvatures are positive; gives the slope along it.
  private func direct(
    _ gradient: Elements, _ state: VectorStore, _ algebra: VectorAlgebra,
    _ product: (Elements) -> Elements
  ) -> Double {
    let (direction, residual, p) = (
      LineSearch.direction(state), state[LineSearch.vectors], state[LineSearch.vectors + 1]
    )
    algebra.clear(direction)
    residual.copy(from: gradient)
    algebra.scale(residual, by: -1)
    p.copy(from: residual)
    let first = algebra.dot(residual, residual)
    let norm = first.squareRoot()
    // Superlinear: the residual falls with the gradient.
    let enough = min(0.5, norm.squareRoot()) * norm
    // g'd of d = a p + ... is -(a p'r0 + ...): found as it goes, because the gradient is gone after a product.
    var (squared, slope) = (first, 0.0)
    for count in 0..<products {
      if count > 0, squared.squareRoot() <= enough { break }
      let image = product(p)
      let curvature = algebra.dot(p, image)
      guard
        curvature > algebra.precision.epsilon * algebra.dot(p, p).squareRoot()
          * algebra.norm(image)
      else {
        if count == 0 {
          direction.copy(from: p)
          algebra.scale(direction, by: learningRate)
          return -learningRate * first
        }
        return slope
      }
      let step = squared / curvature
      algebra.add(step, p, to: direction)
      // Residuals are orthogonal, so that p'r0 is r'r of this step.
      slope -= step * squared
      algebra.add(-step, image, to: residual)
      let next = algebra.dot(residual, residual)
      guard next > 0 else { return slope }
      algebra.replace(p, by: residual, plus: next / squared)
      squared = next
    }
    return slope
  }
}
