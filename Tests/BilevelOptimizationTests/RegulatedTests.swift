import BilevelOptimization
import Tensors
import TestSupport
import Testing

/// What is put around a lower optimiser, and bulk operations of optimisers of one's own.
struct RegulatedTests {
  private let problem = Quadratic(
    hessian: .symmetric(eigenvalues: [0.5, 1, 2, 4]),
    coupling: Matrix(4, 3) { numbers(12, seed: 5)[$0 * 3 + $1] }, target: [0, 0, 0, 0],
    point: numbers(4, seed: 6), upper: numbers(3, seed: 7))

  private func adapted(
    _ optimizer: some LowerOptimizer, _ arithmetic: Arithmetic
  ) throws -> [Double] {
    let implicit = try problem.implicit(
      k: 1, precision: arithmetic.precision, kernels: arithmetic.kernels)
    return try optimizer.adapt(implicit, train: problem.train, from: problem.point).values
  }

  @Test(arguments: Arithmetic.all) func clippingDecayAndSets(arithmetic: Arithmetic) throws {
    var w = problem.point
    for _ in 0..<12 {
      var slope = problem.lowerGradient(w)
      if norm(slope) > 0.3 { slope = slope.map { [size = norm(slope)] in $0 * 0.3 / size } }
      w = sum(w.map { $0 * 0.99 }, slope, times: -0.2).map { min(max(-0.4, $0), 0.5) }
    }
    let optimizer = try Regulated(
      GradientDescent(learningRate: 0.2, steps: 12), clip: 0.3, decay: 0.01, set: .box(-0.4, 0.5))
    #expect(relativeDistance(try adapted(optimizer, arithmetic), w) < arithmetic.tolerance)
  }

  /// AdamW as a user would write it.
  private struct OwnAdamW: LowerOptimizer {
    static var stateVectors: Int { 2 }
    let schedule: AdaptationSchedule

    func update(
      _ step: Int, along gradient: Elements, loss: Double, _ point: Elements, state: VectorStore,
      _ algebra: VectorAlgebra
    ) {
      var (first, second) = (1.0, 1.0)
      for _ in 0...step { (first, second) = (first * 0.9, second * 0.999) }
      algebra.update(point, state[0], state[1], along: gradient) { w, m, v, slope in
        w *= 1 - 0.05 * 0.1
        m = 0.9 * m + (1 - 0.9) * slope
        v = 0.999 * v + (1 - 0.999) * slope * slope
        w -= 0.05 * (m / (1 - first)) / ((v / (1 - second)).squareRoot() + 1e-8)
      }
    }
  }

  @Test(arguments: Arithmetic.all) func anOwnOptimiserIsAsGood(arithmetic: Arithmetic) throws {
    let own = OwnAdamW(schedule: try AdaptationSchedule(steps: 9))
    let builtIn = try Regulated(LowerAdam(learningRate: 0.05, steps: 9), decay: 0.05 * 0.1)
    #expect(
      relativeDistance(try adapted(own, arithmetic), try adapted(builtIn, arithmetic))
        < arithmetic.tolerance)
  }

  @Test(arguments: [-1.0, .nan, .infinity]) func badNumbersAreRefused(value: Double) throws {
    let base = try GradientDescent(learningRate: 1, steps: 1)
    #expect(throws: HypergradientError.self) { try Regulated(base, clip: value) }
    #expect(throws: HypergradientError.self) { try Regulated(base, decay: value) }
    #expect(throws: HypergradientError.self) {
      try ProximalGradient(learningRate: 1, strengths: [value], steps: 1)
    }
  }
}
