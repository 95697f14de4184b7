import Foundation
import IGBM

/// Settings of ``Physics``.
struct PhysicsSettings: SettingGroup {
  var diffusivity = 0.2, first = 1.0, points = 100, measured = 20, noise = 0.02
  var hidden = 16, finalSteps = 3_000

  mutating func declare(_ keys: inout SettingKeys) throws {
    try keys("diffusivity", &diffusivity, 1e-3...10, "the true diffusivity")
    try keys("first", &first, 1e-3...10, "the diffusivity to start from")
    try keys("points", &points, 1...100_000, "points at which the equation is to hold")
    try keys("measured", &measured, 1...100_000, "measured points of an experiment")
    try keys("noise", &noise, 0...10, "standard deviation of what is measured")
    try keys("hidden", &hidden, 1...10_000, "units of each of the two hidden layers")
    try keys("final-steps", &finalSteps, 1...1_000_000, "steps of the trainings that are compared")
  }
}

/// An unknown coefficient of a differential equation from a few measured points, by a physics-informed network (M. Raissi,
/// P. Perdikaris and G. Karniadakis, 2019). The equation is that of heat in a rod whose ends are kept at 0,
///
///     u_t = k u_xx        u(0, x) = sin(pi x) + b sin(2 pi x)        u(t, 0) = u(t, 1) = 0
///
/// A network w(t, x) is trained to fulfil it: its derivatives by t and x are part of the lower objective,
///
///     f = mean (w_t - k w_xx)^2 + e^a mean (w - u)^2 at the beginning and the ends
///
/// Upper: log k, and a. F: the squared error at the measured points. A task is an experiment: its b, its own points, and a
/// network that goes on from step to step; k is of all.
struct Physics: Problem {
  static let name = "physics"
  static let about = "a physics-informed net; upper: the equation's coefficient, a weight"
  static var defaults: TrainingSettings {
    var settings = TrainingSettings()
    (settings.steps, settings.tasks, settings.start) = (200, 4, .previous)
    (settings.lowerRule, settings.lowerRate, settings.lowerSteps) = (.adam, 0.002, 30)
    // The net has many minima, and flat ones: without damping, directions without curvature have the word.
    (settings.method, settings.k, settings.damping) = (.linearSystem, 30, 1)
    settings.upperRate = 0.05
    return settings
  }

  let upperModel: Model<HeatEquation>, lowerModel: Model<Sequential>
  let start = AdaptationStart.lowerModel
  let settings: PhysicsSettings, seed: UInt64

  init(_ settings: PhysicsSettings, seed: UInt64) throws {
    (self.settings, self.seed) = (settings, seed)
    upperModel = try Model { HeatEquation($0, settings) }
    lowerModel = try Model(seed: seed) { p in
      Sequential(
        Dense(p.part("dense1"), 2, settings.hidden), Activation.tanh,
        Dense(p.part("dense2"), settings.hidden, settings.hidden), Activation.tanh,
        Dense(p.part("dense3"), settings.hidden, 1))
    }
  }

  func lowerObjective(_ s: ObjectiveState<HeatEquation, Sequential>) -> Tensor {
    let (equation, network) = (s.upperModel, s.lowerModel)
    let residuals = equation.residuals(network, at: s.data)
    let edges = squaredError(network(s["edge"]), s["edge values"])
    return (residuals.squared.mean() + exp(equation.edgeWeight) * edges).sum()
  }

  func upperObjective(_ s: ObjectiveState<HeatEquation, Sequential>) -> Tensor {
    squaredError(s.lowerModel(s.data), s.target)
  }

  func task(_ index: Int, step: Int) throws -> TaskExamples {
    let rod = rod(index)
    var random = RandomStream(seed: seed, purpose: .task, index: index)
    func points(_ count: Int, _ draw: (inout RandomStream) -> [Double]) throws -> DataArray {
      try DataArray([count, 2], (0..<count).flatMap { _ in draw(&random) })
    }
    func temperatures(_ points: DataArray, noise: Double = 0) throws -> DataArray {
      let exact = rod.temperatures(points.values).map { $0 + noise * random.normal() }
      return try DataArray([exact.count, 1], exact)
    }
    let inside = try points(settings.points) { [$0.uniform(), $0.uniform()] }
    let edge = try points(settings.points) { random in
      switch random.integer(below: 4) {
      case 0: [random.uniform(), 0]
      case 1: [random.uniform(), 1]
      default: [0, random.uniform()]
      }
    }
    let measured = try points(settings.measured) { [$0.uniform(), $0.uniform()] }
    return TaskExamples(
      train: Examples(
        data: inside, target: .empty,
        extras: [.init("edge", edge), .init("edge values", try temperatures(edge))]),
      validate: Examples(
        data: measured, target: try temperatures(measured, noise: settings.noise)))
  }

  /// The rod of an experiment.
  func rod(_ index: Int) -> Rod {
    var random = RandomStream(seed: seed, purpose: .corruption, index: index)
    return Rod(diffusivity: settings.diffusivity, second: random.uniform(in: -1..<1))
  }
}

/// The equation, with what is learnt of it.
struct HeatEquation {
  /// log k and a, `[1]` each.
  let diffusivity, edgeWeight: Tensor

  init(_ p: Parameters, _ settings: PhysicsSettings) {
    diffusivity = p("log-diffusivity", [1], .constant(log(settings.first)))
    edgeWeight = p("log-edge-weight", [1])
  }

  /// w_t - k w_xx of a network at points `[n, 2]` of (t, x), `[n, 1]`.
  func residuals(_ network: Sequential, at points: Tensor) -> Tensor {
    let first = gradient(of: network(points).sum(), withRespectTo: points)
    let slope = first.sliced(1, 1..<2)
    let second = gradient(of: slope.sum(), withRespectTo: points).sliced(1, 1..<2)
    return first.sliced(1, 0..<1) - exp(diffusivity) * second
  }
}

/// A rod whose temperatures are known in closed form.
struct Rod {
  let diffusivity: Double
  /// b.
  let second: Double

  /// u at points t, x, t, x, ...
  func temperatures(_ points: [Double]) -> [Double] {
    stride(from: 0, to: points.count, by: 2).map { place in
      let (t, x) = (points[place], points[place + 1])
      let rate = diffusivity * .pi * .pi
      return exp(-rate * t) * sin(.pi * x) + second * exp(-4 * rate * t) * sin(2 * .pi * x)
    }
  }
}
