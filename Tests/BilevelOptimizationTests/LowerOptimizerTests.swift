import BilevelOptimization
import Tensors
import TestSupport
import Testing

/// Lower optimisers against plain re-implementations.
struct LowerOptimizerTests {
  private let problem = Quadratic(
    hessian: .symmetric(eigenvalues: [0.5, 1, 2, 4]),
    coupling: Matrix(4, 3) { numbers(12, seed: 5)[$0 * 3 + $1] }, target: [0, 0, 0, 0],
    point: numbers(4, seed: 6), upper: numbers(3, seed: 7))

  private func adapt(
    _ optimizer: some LowerOptimizer, _ arithmetic: Arithmetic
  ) throws -> AuxiliaryModel {
    let implicit = try problem.implicit(
      k: 1, precision: arithmetic.precision, kernels: arithmetic.kernels)
    return try optimizer.adapt(
      implicit, train: problem.train, from: problem.point, recordsLosses: true)
  }

  private func loss(_ w: [Double]) -> Double {
    0.5 * dot(w, problem.hessian * w) - dot(w, problem.coupling * problem.upper)
  }

  /// Compares with points made by a plain loop: the last one, and the loss at all those before.
  private func expect(
    _ adapted: AuxiliaryModel, _ path: [[Double]], _ arithmetic: Arithmetic
  ) throws {
    #expect(adapted.steps == path.count - 1)
    #expect(relativeDistance(adapted.values, try #require(path.last)) < arithmetic.tolerance)
    #expect(
      relativeDistance(adapted.losses, path.dropLast().map(loss)) < arithmetic.tolerance)
  }

  private let steps = 12

  @Test(arguments: Arithmetic.all) func gradientDescent(arithmetic: Arithmetic) throws {
    var path = [problem.point]
    for _ in 0..<steps {
      path.append(sum(path.last!, problem.lowerGradient(path.last!), times: -0.2))
    }
    try expect(
      adapt(try GradientDescent(learningRate: 0.2, steps: steps), arithmetic), path, arithmetic)
  }

  @Test(arguments: Arithmetic.all, [0, 0.5, 0.9])
  func momentum(arithmetic: Arithmetic, momentum: Double) throws {
    var path = [problem.point]
    var velocity = problem.point.map { _ in 0.0 }
    for _ in 0..<steps {
      velocity = sum(problem.lowerGradient(path.last!), velocity, times: momentum)
      path.append(sum(path.last!, velocity, times: -0.05))
    }
    let optimizer = try Momentum(learningRate: 0.05, momentum: momentum, steps: steps)
    try expect(adapt(optimizer, arithmetic), path, arithmetic)
  }

  /// Without a penalty it is Nesterov's method of 1983, here over enough steps for its momentum to begin anew.
  @Test(arguments: Arithmetic.all) func acceleratedProximal(arithmetic: Arithmetic) throws {
    let (steps, rate) = (40, 0.25)
    var path = [problem.point]
    var (last, t, restarts) = (problem.point, 1.0, 0)
    for step in 1...steps {
      let point = path.last!
      let next = sum(point, problem.lowerGradient(point), times: -rate)
      let way = sum(next, last, times: -1)
      if dot(sum(point, next, times: -1), way) > 0 {
        t = 1
        restarts += 1
      }
      let following = (1 + (1 + 4 * t * t).squareRoot()) / 2
      path.append(step == steps ? next : sum(next, way, times: (t - 1) / following))
      (last, t) = (next, following)
    }
    #expect(restarts > 1)
    let optimizer = try AcceleratedProximalGradient(
      learningRate: rate, strengths: [0], steps: steps)
    try expect(adapt(optimizer, arithmetic), path, arithmetic)
  }

  @Test(arguments: Arithmetic.all) func adam(arithmetic: Arithmetic) throws {
    var path = [problem.point]
    var reference = PlainAdam(
      rate: 0.05, beta1: 0.8, beta2: 0.95, epsilon: 1e-6, count: problem.point.count)
    for _ in 0..<steps {
      path.append(reference.step(path.last!, problem.lowerGradient(path.last!)))
    }
    let optimizer = try LowerAdam(
      learningRate: 0.05, beta1: 0.8, beta2: 0.95, epsilon: 1e-6, steps: steps)
    try expect(adapt(optimizer, arithmetic), path, arithmetic)
  }

  /// At a rate of 1 and curvatures up to 4, plain gradient descent diverges.
  @Test(arguments: Arithmetic.all) func backtracking(arithmetic: Arithmetic) throws {
    var path = [problem.point]
    var (best, rate) = (problem.point, 1.0)
    for step in 1...steps {
      let point = path.last!
      if step > 1 {
        let slope = dot(problem.lowerGradient(best), problem.lowerGradient(best))
        if loss(point) < loss(best) - 1e-4 * rate * slope { best = point } else { rate /= 2 }
      }
      let next = sum(best, problem.lowerGradient(best), times: -rate)
      path.append(step < steps ? next : best)
    }
    #expect(rate < 1 && loss(best) < loss(problem.point))
    try expect(
      adapt(try Backtracking(learningRate: 1, steps: steps), arithmetic), path, arithmetic)
    let diverged = try adapt(try GradientDescent(learningRate: 1, steps: steps), arithmetic)
    #expect(loss(diverged.values) > loss(problem.point))
  }

  /// Steps along the lower objective without (pull / 2) ||w - start||^2; the last one also goes along the pull alone.
  @Test(arguments: Arithmetic.all) func splitDescent(arithmetic: Arithmetic) throws {
    let (rate, pull) = (0.1, 0.7)
    var path = [problem.point]
    for step in 1...steps {
      let away = sum(path.last!, problem.point, times: -1)
      let gradient = sum(problem.lowerGradient(path.last!), away, times: -pull)
      var next = sum(path.last!, gradient, times: -rate)
      if step == steps {
        next = sum(next, sum(next, problem.point, times: -1), times: -rate * pull)
      }
      path.append(next)
    }
    try expect(
      adapt(try SplitDescent(learningRate: rate, pull: pull, steps: steps), arithmetic), path,
      arithmetic)
  }

  static func all(_ steps: Int, _ gradientTolerance: Double = 0) throws -> [any LowerOptimizer] {
    [
      try GradientDescent(learningRate: 0.2, steps: steps, gradientTolerance: gradientTolerance),
      try Momentum(
        learningRate: 0.05, momentum: 0.8, steps: steps, gradientTolerance: gradientTolerance),
      try Backtracking(
        learningRate: 0.2, steps: steps, gradientTolerance: gradientTolerance),
      try LowerAdam(learningRate: 0.05, steps: steps, gradientTolerance: gradientTolerance),
    ]
  }

  @Test func aSmallGradientEndsTheAdaptation() throws {
    let implicit = try problem.implicit(k: 1)
    func gradientNorm(_ model: AuxiliaryModel) -> Double {
      norm(problem.lowerGradient(model.values))
    }
    for (index, optimizer) in try Self.all(5000, 1e-2).enumerated() {
      let adapted = try optimizer.adapt(implicit, train: problem.train, from: problem.point)
      #expect(adapted.steps > 0 && adapted.steps < 5000)
      #expect(gradientNorm(adapted) < 1e-2)
      let before = try Self.all(adapted.steps - 1)[index].adapt(
        implicit, train: problem.train, from: problem.point)
      #expect(before.steps == adapted.steps - 1)
      #expect(gradientNorm(before) >= 1e-2)
    }
  }

  @Test func noStepsStayAtTheStart() throws {
    let implicit = try problem.implicit(k: 1)
    implicit.lowerModel.values = problem.point
    for optimizer in try Self.all(0) {
      let adapted = try optimizer.adapt(implicit, train: problem.train, recordsLosses: true)
      #expect(adapted == AuxiliaryModel(values: problem.point))
    }
  }

  /// State of one adaptation is nothing to the next.
  @Test func adaptationsAreIndependent() throws {
    let implicit = try problem.implicit(k: 1)
    func adaptAll() throws -> [AuxiliaryModel] {
      try Self.all(7).map {
        try $0.adapt(implicit, train: problem.train, from: problem.point)
      }
    }
    let fresh = try Self.all(7).map { try adapt($0, Arithmetic.all.last!).values }
    #expect(try adaptAll().map(\.values) == fresh)
    #expect(try adaptAll().map(\.values) == fresh)
    let reversed = try Self.all(7).reversed().map {
      try $0.adapt(implicit, train: problem.train, from: problem.point).values
    }
    #expect(reversed == fresh.reversed())
  }

  @Test func modelsStayAsTheyAre() throws {
    let implicit = try problem.implicit(k: 1)
    for optimizer in try Self.all(7) {
      let adapted = try optimizer.adapt(implicit, train: problem.train)
      #expect(adapted.values != implicit.lowerModel.values)
      #expect(adapted.losses.isEmpty)
    }
    #expect(implicit.lowerModel.values == [0, 0, 0, 0])
    #expect(implicit.lowerModel.gradients == [0, 0, 0, 0])
    #expect(implicit.upperModel.values == problem.upper)
    #expect(implicit.upperModel.gradients == [0, 0, 0])
  }
}

/// Adam as the paper writes it.
struct PlainAdam {
  let rate: Double
  let beta1: Double
  let beta2: Double
  let epsilon: Double
  private var first: [Double]
  private var second: [Double]
  private var power1 = 1.0
  private var power2 = 1.0

  init(rate: Double, beta1: Double, beta2: Double, epsilon: Double, count: Int) {
    self.rate = rate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    first = [Double](repeating: 0, count: count)
    second = first
  }

  mutating func step(_ point: [Double], _ gradient: [Double]) -> [Double] {
    power1 *= beta1
    power2 *= beta2
    first = zip(first, gradient).map { beta1 * $0 + (1 - beta1) * $1 }
    second = zip(second, gradient).map { beta2 * $0 + (1 - beta2) * $1 * $1 }
    return point.indices.map { index in
      let root = (second[index] / (1 - power2)).squareRoot()
      return point[index] - rate * first[index] / (1 - power1) / (root + epsilon)
    }
  }
}
