import BilevelOptimization
import Foundation
import TestSupport
import Testing

struct UpperRegulationTests {
  private func step(
    _ regulation: UpperRegulation, from values: [Double], along hypergradient: [Double],
    _ optimizer: any UpperOptimizer
  ) -> [Double] {
    var (values, optimizer) = (values, optimizer)
    regulation.update(&values, along: hypergradient, by: &optimizer)
    return values
  }

  private let rate = try! SteppedRate(0.5)

  @Test func withoutAnyItIsThePlainStep() throws {
    let regulation = try UpperRegulation(rate: rate)
    for optimizer: any UpperOptimizer in [
      try SGD(learningRate: rate), try Adam(learningRate: rate),
    ] {
      var (plain, other) = ([1.0, -2, 3], optimizer)
      other.update(&plain, along: [0.1, 0.2, -0.3])
      #expect(step(regulation, from: [1, -2, 3], along: [0.1, 0.2, -0.3], optimizer) == plain)
    }
  }

  @Test func longHypergradientsAreCut() throws {
    let sgd = try SGD(learningRate: rate)
    let regulation = try UpperRegulation(rate: rate, clip: 1)
    let cut = step(regulation, from: [0, 0], along: [3, 4], sgd)
    #expect(relativeDistance(cut, [-0.3, -0.4]) < 1e-15)
    #expect(step(regulation, from: [0, 0], along: [0.3, 0.4], sgd) == [-0.15, -0.2])
  }

  /// AdamW (Loshchilov and Hutter, 2019, algorithm 2): the decay is no part of the moments.
  @Test func decayIsDecoupled() throws {
    let adam = try Adam(learningRate: rate)
    var plain = [2.0]
    var other = adam
    other.update(&plain, along: [0.25])
    let decayed = step(
      try UpperRegulation(rate: rate, weightDecay: 0.1), from: [2], along: [0.25], adam)
    #expect(relative(decayed[0], plain[0] - 0.5 * 0.1 * 2) < 1e-14)
  }

  @Test func partsMoveAtTheirOwnRates() throws {
    let adam = try Adam(learningRate: rate)
    let regulation = try UpperRegulation(rate: rate, factors: [1, 0.1, 0])
    let moved = step(regulation, from: [1, 1, 1], along: [0.2, 0.2, 0.2], adam)
    #expect(relative(1 - moved[1], 0.1 * (1 - moved[0])) < 1e-12)
    #expect(moved[2] == 1)
  }

  @Test func setsAreProjectedOnto() throws {
    func projected(_ set: ParameterSet, _ values: [Double]) -> [Double] {
      var values = values
      set.project(&values)
      return values
    }
    #expect(projected(.nonNegative, [-1, 2]) == [0, 2])
    #expect(projected(.box(-0.5, 1), [-1, 0.25, 2]) == [-0.5, 0.25, 1])
    #expect(projected(.ball(1), [3, 4]) == [0.6000000000000001, 0.8])
    #expect(projected(.ball(10), [3, 4]) == [3, 4])
    #expect(projected(.simplex, [0.5, 0.5]) == [0.5, 0.5])
    #expect(projected(.simplex, [2, 0, -1]) == [1, 0, 0])
    for set in [ParameterSet.whole, .nonNegative, .box(-1, 0.5), .simplex, .ball(2)] {
      #expect(ParameterSet(rawValue: set.rawValue) == set)
      let once = projected(set, numbers(7, seed: 3))
      #expect(relativeDistance(projected(set, once), once) < 1e-15)
    }
    for word in ["", "box", "box:1:0", "box:0:inf", "ball:0", "ball:-1", "simplex:1", "all"] {
      #expect(ParameterSet(rawValue: word) == nil, "\(word)")
    }
  }

  @Test func ratesRiseAndFall() throws {
    let risen = try SteppedRate(2, rise: 3)
    #expect((0..<5).map { risen($0) } == [0.5, 1, 1.5, 2, 2])
    let fallen = try SteppedRate(2, rise: 2, fall: 10)
    #expect(fallen(2) == 2 && fallen(10) == 0 && fallen(1_000) == 0)
    for step in 2...10 {
      let wanted = 1 + cos(Double.pi * Double(step - 2) / 8)
      #expect(abs(fallen(step) - wanted) < 1e-14)
    }
    #expect(throws: HypergradientError.self) { try SteppedRate(1, rise: 5, fall: 5) }
    #expect(throws: HypergradientError.self) { try SteppedRate(1, rise: -1) }
  }
}
