import BilevelOptimization
import Models
import Tensors
import TestSupport
import Testing

/// Lower optimisers that learn of curvature, and rates that change.
struct SecondOrderTests {
  /// An ill-conditioned quadratic.
  private let quadratic = Quadratic(
    hessian: .symmetric(eigenvalues: [0.001, 0.01, 0.1, 1, 10, 100]),
    coupling: Matrix(6, 3) { numbers(18, seed: 5)[$0 * 3 + $1] }, target: numbers(6, seed: 2),
    point: numbers(6, seed: 6), upper: numbers(3, seed: 7))

  private func adapted(_ optimizer: some LowerOptimizer) throws -> AuxiliaryModel {
    try optimizer.adapt(
      quadratic.implicit(k: 1), train: quadratic.train, from: quadratic.point, recordsLosses: true)
  }

  @Test func quadraticsAreSolved() throws {
    let solution = quadratic.hessian.solve(quadratic.coupling * quadratic.upper)
    let byChanges = try adapted(LimitedMemoryBFGS(learningRate: 0.01, steps: 80))
    #expect(relativeDistance(byChanges.values, solution) < 1e-6)
    let byProducts = try adapted(NewtonCG(learningRate: 0.01, products: 40, steps: 12))
    #expect(relativeDistance(byProducts.values, solution) < 1e-6)
    // Descent at the largest rate that is stable is far from it by then.
    let descent = try adapted(GradientDescent(learningRate: 0.019, steps: 80))
    #expect(relativeDistance(descent.values, solution) > 0.1)
  }

  /// The norm of the gradient that is left of f = sum_i (w_i^4 / 4 - w_i^2 / 2 + b_i w_i), which has negative curvature at the
  /// start.
  private func quartic(_ optimizer: some LowerOptimizer) throws -> Double {
    let count = 8
    func loss(_ w: [Double]) -> Double {
      zip(w, numbers(count)).reduce(0) { sum, pair in
        let (w, b) = pair
        return sum + 0.25 * w * w * w * w - 0.5 * w * w + w * b
      }
    }
    let levels = try Levels(
      upperObjective: { ($0.lowerModel * $0.upperModel).sum() },
      upperModel: try Model { $0("u", [count]) },
      lowerObjective: { state in
        let w = state.lowerModel
        return (0.25 * w.squared.squared - 0.5 * w.squared + w * vector(numbers(count), in: w))
          .sum()
      }, lowerModel: try Model { $0("w", [count]) }, precision: .double, kernels: nil)
    let empty = Examples(data: .empty, target: .empty)
    let start = numbers(count, seed: 3).map { 0.1 * $0 }
    let task = try LowerTask(
      levels, TaskData(train: empty, validate: empty), optimizer, from: start)
    try task.adapt()
    let point = task.point
    #expect(loss(point) < loss(start), "it went down")
    return norm(zip(point, numbers(count)).map { w, b in w * w * w - w + b })
  }

  @Test func minimaAreFoundBeyondNegativeCurvature() throws {
    #expect(try quartic(LimitedMemoryBFGS(learningRate: 0.1, steps: 60)) < 1e-7)
    #expect(try quartic(NewtonCG(learningRate: 0.1, steps: 40)) < 1e-7)
  }

  /// What is given back is the best point that was judged, whatever the last step was.
  @Test(arguments: 1...12) func theLastStepOnlyJudges(_ steps: Int) throws {
    for losses in [
      try adapted(LimitedMemoryBFGS(learningRate: 0.1, steps: steps)),
      try adapted(NewtonCG(learningRate: 0.1, products: 3, steps: steps)),
    ] {
      let w = losses.values
      let loss =
        0.5 * dot(w, quadratic.hessian * w) - dot(w, quadratic.coupling * quadratic.upper)
      let best = losses.losses.min()!
      #expect(abs(loss - best) <= 1e-9 * max(1, abs(best)))
    }
  }

  @Test func ratesChangeFromStepToStep() throws {
    let rate = try SteppedRate(0.01, milestones: [6], factor: 0.5, rise: 3, fall: 0)
    var (w, velocity) = (quadratic.point, quadratic.point.map { _ in 0.0 })
    for step in 0..<12 {
      velocity = sum(quadratic.lowerGradient(w), velocity, times: 0.9)
      w = sum(w, velocity, times: -rate(step))
    }
    let optimizer = Scheduled(try Momentum(learningRate: 0.01, steps: 12), .schedule(rate))
    #expect(relativeDistance(try adapted(optimizer).values, w) < 1e-12)
    #expect(optimizer.rate(ofStep: 0) == rate(0) && optimizer.rate(ofStep: 9) == rate(9))
  }

  @Test func badNumbersAreRefused() {
    #expect(throws: HypergradientError.self) { try NewtonCG(learningRate: 0, steps: 1) }
    #expect(throws: HypergradientError.self) {
      try NewtonCG(learningRate: 1, products: 0, steps: 1)
    }
    #expect(throws: HypergradientError.self) {
      try LimitedMemoryBFGS(learningRate: .nan, steps: 1)
    }
  }
}
