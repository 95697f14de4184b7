import BilevelOptimization
import TestSupport
import Testing

struct UpperOptimizerTests {
  private let start = numbers(5, seed: 8)
  private let curvatures = [0.3, 0.5, 1, 2, 3]

  /// The hypergradient of 0.5 * sum h u^2.
  private func gradient(_ u: [Double]) -> [Double] { zip(curvatures, u).map { $0 * $1 } }

  private func run(_ optimizer: inout some UpperOptimizer, _ steps: Int, from u: [Double])
    -> [Double]
  {
    var u = u
    for _ in 0..<steps { optimizer.update(&u, along: gradient(u)) }
    return u
  }

  @Test func plainDescentShrinksEachDirectionByItsFactor() throws {
    var sgd = try SGD(learningRate: 0.1)
    let found = run(&sgd, 20, from: start)
    let wanted = zip(start, curvatures).map { start, curvature in
      (0..<20).reduce(start) { value, _ in value * (1 - 0.1 * curvature) }
    }
    #expect(relativeDistance(found, wanted) < 1e-12)
    #expect(sgd.steps == 20)
    #expect(sgd.state.isEmpty)
  }

  /// Along a constant gradient momentum tends to 1 / (1 - momentum) times the rate.
  @Test func momentumAddsUp() throws {
    var sgd = try SGD(learningRate: 0.1, momentum: 0.5)
    var u = [0.0, 0]
    for _ in 0..<4 { sgd.update(&u, along: [1, -2]) }
    // 1 + 1.5 + 1.75 + 1.875
    #expect(relativeDistance(u, [-0.6125, 1.225]) < 1e-14)
    #expect(sgd.state.map(\.name) == ["velocity"])
    #expect(sgd.state[0].values == [1.875, -3.75])
  }

  @Test func adamIsThePapers() throws {
    var adam = try Adam(learningRate: 0.03, beta1: 0.85, beta2: 0.98, epsilon: 1e-7)
    var plain = PlainAdam(rate: 0.03, beta1: 0.85, beta2: 0.98, epsilon: 1e-7, count: 5)
    var (found, wanted) = (start, start)
    for _ in 0..<25 {
      adam.update(&found, along: gradient(found))
      wanted = plain.step(wanted, gradient(wanted))
      #expect(relativeDistance(found, wanted) < 1e-12)
    }
    #expect(adam.steps == 25)
    #expect(adam.state.map(\.name) == ["first_moment", "second_moment"])
  }

  /// Steps along a constant gradient are as long as the learning rate, whatever the gradient.
  @Test(arguments: [1e-3, 1, 1e6]) func adamForgetsTheScale(scale: Double) throws {
    var adam = try Adam(learningRate: 0.01)
    var u = [0.0, 0, 0]
    for _ in 0..<10 { adam.update(&u, along: [scale, -scale, 0]) }
    #expect(relativeDistance(u, [-0.1, 0.1, 0]) < 1e-4)
  }

  @Test func ratesFallAtTheirMilestones() throws {
    let rate = try SteppedRate(0.25, milestones: [2, 5], factor: 0.5)
    #expect((0..<7).map { rate($0) } == [0.25, 0.25, 0.125, 0.125, 0.125, 0.0625, 0.0625])
    var sgd = try SGD(learningRate: rate)
    var u = [0.0]
    for _ in 0..<6 { sgd.update(&u, along: [-1]) }
    #expect(u == [0.9375])
    // Adam's steps along a constant gradient are as long as the rate.
    var adam = try Adam(learningRate: rate)
    u = [0]
    for _ in 0..<6 { adam.update(&u, along: [-1]) }
    #expect(abs(u[0] - 0.9375) < 1e-6)
  }

  @Test func ratesOutOfRangeAreRefused() {
    for bad in [[0], [-1], [2, 2], [3, 1]] {
      #expect(throws: HypergradientError.self) { try SteppedRate(0.1, milestones: bad) }
    }
    for bad in [0, -0.5, 1.5, Double.nan] {
      #expect(throws: HypergradientError.self) { try SteppedRate(0.1, factor: bad) }
      #expect(throws: HypergradientError.self) { try SteppedRate(bad == 1.5 ? -1 : bad) }
    }
  }

  /// Vectors are known by name; what is missing starts anew.
  @Test func foreignStatesDoNotTrap() throws {
    let moment = ("first_moment", numbers(5, seed: 1))
    var adam = try Adam(learningRate: 0.1)
    adam.state = [moment]
    var u = start
    adam.update(&u, along: gradient(u))
    #expect(u.allSatisfy(\.isFinite) && adam.state[1].values.count == 5)
    var sgd = try SGD(learningRate: 0.1, momentum: 0.5)
    sgd.state = [moment, ("velocity", [10])]
    sgd.state = [moment]
    #expect(sgd.state[0].values.isEmpty)
    sgd.update(&u, along: gradient(u))
    #expect(sgd.state[0].values.count == 5)
  }

  @Test func statesGoRound() throws {
    try goRound(try SGD(learningRate: 0.1), try SGD(learningRate: 0.1))
    try goRound(
      try SGD(learningRate: 0.1, momentum: 0.9), try SGD(learningRate: 0.1, momentum: 0.9))
    try goRound(try Adam(learningRate: 0.1), try Adam(learningRate: 0.1))
  }

  /// A new optimiser with a stored state goes on with the same bits; so does one stored before its first step.
  private func goRound<Optimizer: UpperOptimizer>(
    _ first: Optimizer, _ second: Optimizer
  ) throws {
    for before in [0, 1, 7] {
      var (optimizer, restored) = (first, second)
      let u = run(&optimizer, before, from: start)
      restored.state = optimizer.state
      restored.steps = optimizer.steps
      #expect(run(&optimizer, 9, from: u) == run(&restored, 9, from: u))
      #expect(restored.steps == before + 9)
      #expect(optimizer.state.map(\.values) == restored.state.map(\.values))
    }
  }

  @Test func allFindTheMinimum() throws {
    var descent = try SGD(learningRate: 0.3)
    #expect(norm(run(&descent, 500, from: start)) < 1e-9)
    var momentum = try SGD(learningRate: 0.1, momentum: 0.8)
    #expect(norm(run(&momentum, 500, from: start)) < 1e-9)
    var adam = try Adam(learningRate: 0.02)
    #expect(norm(run(&adam, 2000, from: start)) < 1e-4)
  }

  @Test func namesAreThoseOfConfigurations() {
    #expect(SGD.name == "sgd")
    #expect(Adam.name == "adam")
  }
}
