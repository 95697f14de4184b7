import BilevelOptimization
import Foundation
import Models
import Randomness
import Tensors

/// Settings of ``Sinusoid``.
public struct SinusoidSettings: SettingGroup, Equatable {
  /// Support examples a task.
  public var shots = 10
  /// Query examples a task.
  public var query = 10
  /// Units of each of the two hidden layers.
  public var hidden = 40
  /// Strength of the pull towards the initialisation.
  public var proximal = 0.1
  /// The largest amplitude; the smallest is 0.1.
  public var amplitude = 5.0

  /// The defaults.
  public init() {}

  /// Declares every key.
  ///
  /// - Throws: ``SettingError`` for a value outside its range.
  public mutating func declare(_ keys: inout SettingKeys) throws {
    try keys("shots", &shots, 1...100_000, "support examples a task")
    try keys("query", &query, 1...100_000, "query examples a task")
    try keys("hidden", &hidden, 1...10_000, "units of each hidden layer")
    try keys("proximal", &proximal, 0...1e6, "strength of the pull towards the initialisation")
    try keys("amplitude", &amplitude, 0.1...1e6, "largest amplitude; the smallest is 0.1")
  }
}

/// Regression of sine waves from a few points (Finn, Abbeel and Levine, 2017), by iMAML: the upper parameters are the
/// network's initialisation, and the lower objective pulls back to it with (proximal / 2) ||w - u||^2.
/// A task has an amplitude from [0.1, `amplitude`), a phase from [0, pi) and inputs from [-5, 5).
public struct Sinusoid: Problem {
  /// The word that the command line knows it by.
  public static let name = "sinusoid"
  /// One line about it.
  public static let about = "few-shot regression of sine waves; upper: the network's initialisation"
  /// How it is trained unless told otherwise.
  public static var defaults: TrainingSettings {
    var settings = TrainingSettings()
    settings.steps = 1000
    settings.tasks = 25
    settings.method = .linearSystem
    settings.k = 5
    // Large waves curve more the better the network fits them: a fixed rate diverges in the end.
    settings.lowerRule = .backtracking
    settings.lowerRate = 0.1
    settings.lowerSteps = 32
    // The network is not convex: damping keeps its negative curvature from reversing the hypergradient.
    settings.damping = 10
    settings.upperRate = 0.003
    settings.evaluationEvery = 100
    return settings
  }

  /// u, with its first values.
  public let upperModel: Model<Sequential>
  /// w, with its first values.
  public let lowerModel: Model<Sequential>
  /// Where adaptation starts.
  public let start = AdaptationStart.upperModel
  private let settings: SinusoidSettings
  private let seed: UInt64

  /// The defaults.
  ///
  /// - Throws: `TensorError` for a net without units.
  public init(_ settings: SinusoidSettings, seed: UInt64) throws {
    try settings.check()
    self.settings = settings
    self.seed = seed
    let hidden = settings.hidden
    func network() throws -> Model<Sequential> {
      try Model(seed: seed) { p in
        Sequential(
          Dense(p.part("dense1"), 1, hidden), Activation.relu,
          Dense(p.part("dense2"), hidden, hidden), Activation.relu,
          Dense(p.part("dense3"), hidden, 1))
      }
    }
    upperModel = try network()
    lowerModel = try network()
  }

  /// f.
  public func lowerObjective(_ state: ObjectiveState<Sequential, Sequential>) -> Tensor {
    squaredError(state.lowerModel(state.data), state.target)
      + 0.5 * settings.proximal * squaredDistance(state.lowerParameters, state.upperParameters)
  }

  /// That of the proximal term.
  public var lowerPull: Double? { settings.proximal }

  /// F.
  public func upperObjective(_ state: ObjectiveState<Sequential, Sequential>) -> Tensor {
    squaredError(state.lowerModel(state.data), state.target)
  }

  /// The points of a curve.
  public static let isOverRows = true

  /// One task's data.
  ///
  /// - Throws: `TensorError` for arrays that do not fit each other.
  public func task(_ index: Int, step: Int) throws -> TaskExamples {
    var stream = RandomStream(seed: seed, purpose: .task, step: step, index: index)
    return try task(&stream)
  }

  private func task(_ stream: inout RandomStream) throws -> TaskExamples {
    let amplitude = stream.uniform(in: 0.1..<max(settings.amplitude, 0.1.nextUp))
    let phase = stream.uniform(in: 0..<Double.pi)
    func draw(_ count: Int) throws -> Examples {
      let x = (0..<count).map { _ in stream.uniform(in: -5..<5) }
      let y = x.map { amplitude * sin($0 - phase) }
      return Examples(
        data: try DataArray([count, 1], x), target: try DataArray([count, 1], y))
    }
    return TaskExamples(train: try draw(settings.shots), validate: try draw(settings.query))
  }

  /// The squared error on the query points of tasks that training never draws.
  public var heldOut: HeldOut<Sequential>? {
    HeldOut(
      [.squaredError],
      task: { index in
        var stream = RandomStream(seed: seed, purpose: .evaluation, index: index)
        return try task(&stream)
      },
      predict: { $0($1) }, scores: Scores.regression)
  }
}
