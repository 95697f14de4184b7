import BilevelOptimization
import Foundation
import MessagePassing
import Models
import Problems
import Tensors
import TestSupport
import Testing
import Training

/// What a problem declares of its levels beside objectives: starts that are formulas, rates that are learnt, penalties, fixed
/// points. Hypergradients, as one upper step of length 1 shows them, against differences of whole runs.
@Suite struct DeclaredLevelsTests {
  struct Nothing: SettingGroup {
    mutating func declare(_ keys: inout SettingKeys) throws {}
  }

  /// F = ||w - t||^2 / 2 + 0.1 ||u||^2 over what a problem makes of w.
  static let goal = [0.3, -0.8, 0.5]
  static let curvatures = [1.5, 0.7, 2.2]

  /// Whether F depends on the upper parameters itself.
  struct StartingSettings: SettingGroup {
    var isDirect = true
    var isParted = false

    mutating func declare(_ keys: inout SettingKeys) throws {
      try keys("direct", &isDirect, "whether F depends on the upper parameters itself")
      try keys("parted", &isParted, "whether w_0, and w_1 with w_2, have rates of their own")
    }
  }

  /// f = sum_i a_i w_i^2 / 2 - b'w: it starts at w_0 + sin(u), and the factors of its four rates are upper parameters, too.
  struct Starting: Problem {
    static let name = "starting"
    static let about = "a start and rates that are learnt"
    static var defaults: TrainingSettings {
      var settings = TrainingSettings()
      (settings.steps, settings.tasks, settings.lowerSteps) = (1, 1, 4)
      (settings.lowerRate, settings.precision, settings.lowerRule) = (0.1, .double, .momentum)
      (settings.method, settings.learnedRates) = (.unrolled, "rates")
      (settings.upperRule, settings.upperRate) = (.sgd, 1)
      return settings
    }
    let upperModel: Model<Tensor>, lowerModel: Model<Tensor>
    let start = AdaptationStart.formula
    let ratedParts: [Range<Int>]
    private let direct: Double

    init(_ settings: StartingSettings, seed: UInt64) throws {
      direct = settings.isDirect ? 0.1 : 0
      ratedParts = settings.isParted ? [0..<1, 1..<3] : []
      let factors = [1, 0.8, 1.3, 0.6] + (settings.isParted ? [0.9, 1.1, 0.7, 1.2] : [])
      upperModel = try Model { p in
        let u = p("u", [3])
        _ = p("rates", [factors.count])
        return u
      }
      upperModel.values = [0.2, -0.4, 0.9] + factors
      lowerModel = try Model { $0("w", [3]) }
      lowerModel.values = [0.5, -0.25, 1]
    }

    func lowerStart(_ state: ObjectiveState<Tensor, Tensor>) -> Tensor {
      state.lowerParameters + sin(state.upperModel)
    }

    func lowerObjective(_ state: ObjectiveState<Tensor, Tensor>) -> Tensor {
      let w = state.lowerModel
      return (0.5 * w.constant(curvatures, [3]) * w.squared - 0.4 * w).sum()
    }

    func upperObjective(_ state: ObjectiveState<Tensor, Tensor>) -> Tensor {
      let loss = 0.5 * (state.lowerModel - state.lowerModel.constant(goal, [3])).squared.sum()
      return direct > 0 ? loss + direct * state.upperModel.squared.sum() : loss
    }

    func task(_ index: Int, step: Int) -> TaskExamples {
      let none = Examples(data: .empty, target: .empty)
      return TaskExamples(train: none, validate: none)
    }

    /// F after the steps, in plain loops.
    static func loss(_ upper: [Double], direct: Double = 0.1) -> Double {
      let (u, factors) = (upper[..<3], Array(upper[3...]))
      var w = zip([0.5, -0.25, 1], u).map { $0 + sin($1) }
      var velocity = [0.0, 0, 0]
      let parts = factors.count / 4
      for step in 0..<4 {
        for i in w.indices {
          velocity[i] = 0.9 * velocity[i] + curvatures[i] * w[i] - 0.4
          w[i] -= 0.1 * factors[step * parts + min(i, parts - 1)] * velocity[i]
        }
      }
      return 0.5 * zip(w, goal).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        + direct * u.reduce(0) { $0 + $1 * $1 }
    }
  }

  /// w = 0.5 tanh(M w + u), M not symmetric.
  struct Settling: Problem {
    static let name = "settling"
    static let about = "a fixed point"
    static var defaults: TrainingSettings {
      var settings = TrainingSettings()
      (settings.steps, settings.tasks, settings.lowerSteps) = (1, 1, 200)
      (settings.lowerRate, settings.precision, settings.k) = (1, .double, 3)
      (settings.method, settings.solver) = (
        .implicit, SolverChoice(rawValue: "gmres")!
      )
      (settings.upperRule, settings.upperRate) = (.sgd, 1)
      return settings
    }
    static let matrix = [0.4, -0.9, 0.2, 0.7, 0.1, -0.3, -0.5, 0.6, 0.3]
    let upperModel: Model<Tensor>, lowerModel: Model<Tensor>
    let start = AdaptationStart.lowerModel
    let lowerLevel = LowerLevel.fixedPoint

    init(_ settings: Nothing, seed: UInt64) throws {
      upperModel = try Model { $0("u", [3]) }
      upperModel.values = [0.2, -0.4, 0.9]
      lowerModel = try Model { $0("w", [3]) }
    }

    func lowerObjective(_ state: ObjectiveState<Tensor, Tensor>) -> Tensor {
      let w = state.lowerModel
      let product = matmul(w.constant(Self.matrix, [3, 3]), w.reshaped([3, 1])).reshaped([3])
      return 0.5 * tanh(product + state.upperModel)
    }

    func upperObjective(_ state: ObjectiveState<Tensor, Tensor>) -> Tensor {
      0.5 * (state.lowerModel - state.lowerModel.constant(goal, [3])).squared.sum()
        + 0.1 * state.upperModel.squared.sum()
    }

    func task(_ index: Int, step: Int) -> TaskExamples {
      let none = Examples(data: .empty, target: .empty)
      return TaskExamples(train: none, validate: none)
    }

    static func loss(_ u: [Double]) -> Double {
      var w = [0.0, 0, 0]
      for _ in 0..<200 {
        var next = u
        for i in 0..<9 { next[i / 3] += matrix[i] * w[i % 3] }
        w = next.map { 0.5 * tanh($0) }
      }
      return 0.5 * zip(w, goal).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        + 0.1 * u.reduce(0) { $0 + $1 * $1 }
    }
  }

  /// What one upper step of length 1 takes off.
  private func hypergradient<P: Problem>(
    _ type: P.Type, _ settings: [(String, String)] = []
  ) throws -> (first: [Double], found: [Double]) {
    let run = try ProblemRun<P>(RunRequest(settings.map { (key: $0.0, value: $0.1) }))
    let first = try P(run.own, seed: 0).upperModel.values
    let outcome = try run.train(SoloCommunicator(), .none) { _, _ in }
    let state = try #require(outcome.state)
    let last = state.tensors.filter { $0.name.hasPrefix("upper/") }.flatMap(\.values)
    return (first, zip(first, last).map { $0 - $1 })
  }

  private func slopes(_ loss: ([Double]) -> Double, at u: [Double]) -> [Double] {
    u.indices.map { index in
      let (h, moved) = (1e-5, u[index])
      func shifted(_ by: Double) -> Double {
        var other = u
        other[index] = moved + by
        return loss(other)
      }
      return (8 * (shifted(h) - shifted(-h)) - (shifted(2 * h) - shifted(-2 * h))) / (12 * h)
    }
  }

  @Test func startsAndRatesAreLearnt() throws {
    let (first, found) = try hypergradient(Starting.self)
    #expect(relativeDistance(found, slopes({ Starting.loss($0) }, at: first)) < 1e-9)
  }

  /// By layers, as it were: each part has a factor in each step.
  @Test(arguments: ["sgd", "momentum", "nesterov", "adam"])
  func ratesOfPartsAreLearnt(_ rule: String) throws {
    let (first, found) = try hypergradient(
      Starting.self, [("parted", "true"), ("lower-rule", rule)])
    #expect(found.count == 11 && found.allSatisfy { $0 != 0 })
    guard rule == "momentum" else { return }
    #expect(relativeDistance(found, slopes({ Starting.loss($0) }, at: first)) < 1e-9)
  }

  /// Neither objective sees the upper parameters: they act through the start and the rates alone, as in MAML.
  @Test func startsAndRatesAreEnough() throws {
    let (first, found) = try hypergradient(Starting.self, [("direct", "false")])
    #expect(relativeDistance(found, slopes({ Starting.loss($0, direct: 0) }, at: first)) < 1e-9)
  }

  @Test func fixedPointsAreDifferentiated() throws {
    let (first, found) = try hypergradient(Settling.self)
    #expect(relativeDistance(found, slopes(Settling.loss, at: first)) < 1e-9)
  }

  @Test(arguments: [
    ([("method", "implicit")], "method unrolled alone differentiates by"),
    ([("lower-steps", "3")], "of one step each, or of all 3"),
    ([("parted", "true"), ("lower-steps", "3")], "or of all 3, for each of 2 layers"),
    ([("lower-rule", "backtracking")], "cannot be differentiated"),
  ]) func ratesThatNobodyLearns(_ settings: [(String, String)], _ message: String) throws {
    let error = try #require(throws: (any Error).self) {
      _ = try hypergradient(Starting.self, settings)
    }
    #expect("\(error)".contains(message), "\(error)")
  }

  @Test(arguments: [
    ([("solver", "cg")], "solver cg needs a symmetric matrix"),
    ([("lower-rule", "backtracking")], "need an objective"),
    ([("method", "difference"), ("solver", "own")], "needs a lower objective"),
  ]) func fixedPointsHaveNoObjective(_ settings: [(String, String)], _ message: String) throws {
    let error = try #require(throws: (any Error).self) {
      _ = try hypergradient(Settling.self, settings)
    }
    #expect("\(error)".contains(message), "\(error)")
  }
}
