import Tensors

/// A lower optimiser whose steps can be differentiated in reverse: for methods that go back through them.
protocol DifferentiableOptimizer: LowerOptimizer {
  /// Goes back through one step. The point's cotangent, which a step passes on as it is, stays.
  ///
  /// - Parameters:
  ///   - step: The step's number, as ``LowerOptimizer/update(_:along:loss:_:state:_:)`` had it.
  ///   - gradient: The gradient that the step had.
  ///   - state: The optimiser's vectors from before the step.
  ///   - point: The cotangent of the point after the step.
  ///   - cotangents: Those of the optimiser's vectors after the step; become those before it.
  ///   - result: Receives the gradient's cotangent.
  ///   - algebra: Operations on vectors.
  /// - Returns: The derivative by the step's learning rate.
  func pullBack(
    _ step: Int, gradient: Elements, state: [Elements], point: Elements, _ cotangents: [Elements],
    into result: Elements, _ algebra: VectorAlgebra
  ) -> Double
}

extension GradientDescent: DifferentiableOptimizer {
  /// w' = w - a s.
  func pullBack(
    _ step: Int, gradient: Elements, state: [Elements], point: Elements, _ cotangents: [Elements],
    into result: Elements, _ algebra: VectorAlgebra
  ) -> Double {
    result.copy(from: point)
    algebra.scale(result, by: -learningRate)
    return -algebra.dot(gradient, point)
  }
}

extension Momentum: DifferentiableOptimizer {
  /// m' = b m + s, w' = w - a m'; or, after Nesterov, w' = w - a (s + b m').
  func pullBack(
    _ step: Int, gradient: Elements, state: [Elements], point: Elements, _ cotangents: [Elements],
    into result: Elements, _ algebra: VectorAlgebra
  ) -> Double {
    let (ahead, velocity) = (isNesterov ? momentum : 1, cotangents[0])
    algebra.add(-learningRate * ahead, point, to: velocity)
    result.copy(from: velocity)
    if isNesterov { algebra.add(-learningRate, point, to: result) }
    algebra.scale(velocity, by: momentum)
    let (straight, turned) = (algebra.dot(gradient, point), algebra.dot(state[0], point))
    return -(isNesterov ? straight : 0) - ahead * (momentum * turned + straight)
  }
}

extension LowerAdam: DifferentiableOptimizer {
  /// Algorithm 1 of Kingma and Ba (2015), element by element.
  func pullBack(
    _ step: Int, gradient: Elements, state: [Elements], point: Elements, _ cotangents: [Elements],
    into result: Elements, _ algebra: VectorAlgebra
  ) -> Double {
    let corrections = rule.corrections(step)
    var slope = 0.0
    for index in 0..<point.count {
      let one = rule.pullBack(
        gradient[index], state[0][index], state[1][index], point[index], cotangents[0][index],
        cotangents[1][index], corrections, learningRate: learningRate)
      result[index] = one.gradient
      cotangents[0][index] = one.first
      cotangents[1][index] = one.second
      slope += one.rate
    }
    return slope
  }
}

extension AdamRule {
  /// Goes back through a step on one element: cotangents of the gradient and of both moments before the step, and the
  /// derivative by the rate.
  fileprivate func pullBack(
    _ gradient: Double, _ first: Double, _ second: Double, _ point: Double,
    _ firstCotangent: Double, _ secondCotangent: Double,
    _ corrections: (first: Double, second: Double), learningRate: Double
  ) -> (gradient: Double, first: Double, second: Double, rate: Double) {
    let mean = (beta1 * first + (1 - beta1) * gradient) / corrections.first
    let square = (beta2 * second + (1 - beta2) * gradient * gradient) / corrections.second
    let root = square.squareRoot()
    let size = root + epsilon
    let toFirst = firstCotangent - learningRate * point / (corrections.first * size)
    let bend = root > 0 ? learningRate * point * mean / (size * size * 2 * root) : 0
    let toSecond = secondCotangent + bend / corrections.second
    return (
      (1 - beta1) * toFirst + 2 * (1 - beta2) * gradient * toSecond, beta1 * toFirst,
      beta2 * toSecond, -point * mean / size
    )
  }
}
