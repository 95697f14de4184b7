import BilevelOptimization
import Foundation
import Models
import Randomness
import Tensors

/// Settings of ``Quadratic``.
public struct QuadraticSettings: SettingGroup, Equatable {
  /// Lower parameters.
  public var lowerSize = 100
  /// Upper parameters.
  public var upperSize = 100
  /// The smallest eigenvalue of all Hessians.
  public var smallestCurvature = 0.1
  /// The largest eigenvalue of all Hessians.
  public var largestCurvature = 1.0
  /// The singular values of the matrices between lower and upper parameters.
  public var cross = 0.1

  /// The defaults.
  public init() {}

  /// Declares every key.
  ///
  /// - Throws: ``SettingError`` for a value outside its range.
  public mutating func declare(_ keys: inout SettingKeys) throws {
    try keys("lower-size", &lowerSize, 1...2_000, "lower parameters")
    try keys("upper-size", &upperSize, 1...2_000, "upper parameters")
    try keys.positive("smallest-curvature", &smallestCurvature, "smallest eigenvalue of Hessians")
    try keys.positive("largest-curvature", &largestCurvature, "largest eigenvalue of Hessians")
    try keys("cross", &cross, 0...1e6, "singular values between lower and upper parameters")
  }
}

/// Random quadratics whose solution is known in closed form (the simulated problem of
/// benchmark_bilevel; Dagréou et al., 2022): a task is one pair of a lower and an upper quadratic,
/// the same in every step, and h is the mean of the upper ones at the lower solutions, over the
/// tasks of a step.
///
///     f = w'Aw/2 + w'Cu + a'w        F = w'Bw/2 + w'Du + u'Eu/2 + b'w + e'u
public final class Quadratic: Problem {
  /// The word that the command line knows it by.
  public static let name = "quadratic"
  /// One line about it.
  public static let about = "random quadratics, solved in closed form: how exact is training?"
  /// How it is trained unless told otherwise.
  public static var defaults: TrainingSettings {
    var settings = TrainingSettings()
    settings.steps = 100
    settings.tasks = 8
    settings.method = .linearSystem
    settings.k = 100
    settings.tolerance = 1e-14
    settings.lowerRate = 1
    settings.lowerSteps = 400
    settings.upperRule = .sgd
    settings.upperRate = 1
    settings.precision = .double
    return settings
  }

  /// u, from 0.
  public let upperModel: Model<Tensor>
  /// w, from 0.
  public let lowerModel: Model<Tensor>
  /// Where adaptation starts.
  public let start = AdaptationStart.lowerModel
  private let settings: QuadraticSettings
  private let seed: UInt64
  /// Tasks already made, as far as they fit: every step needs all of them.
  private var made: [Int: TaskExamples] = [:]

  /// The problem.
  ///
  /// - Throws: `SettingError` for settings outside their range, or that contradict each other.
  public init(_ settings: QuadraticSettings, seed: UInt64) throws {
    try settings.check()
    guard settings.smallestCurvature <= settings.largestCurvature else {
      throw SettingError(
        "smallest-curvature=\(settings.smallestCurvature) is above "
          + "largest-curvature=\(settings.largestCurvature)")
    }
    self.settings = settings
    self.seed = seed
    upperModel = try Model { p in p("u", [settings.upperSize], .zeros) }
    lowerModel = try Model { p in p("w", [settings.lowerSize], .zeros) }
  }

  /// f.
  public func lowerObjective(_ state: ObjectiveState<Tensor, Tensor>) -> Tensor {
    let (w, u) = (state.lowerModel, state.upperModel)
    return form(w, state.data, w, 0.5) + form(w, state["cross"], u) + (w * state.target).sum()
  }

  /// F.
  public func upperObjective(_ state: ObjectiveState<Tensor, Tensor>) -> Tensor {
    let (w, u) = (state.lowerModel, state.upperModel)
    return form(w, state.data, w, 0.5) + form(w, state["cross"], u)
      + form(u, state["upper-hessian"], u, 0.5)
      + (w * state.target).sum() + (u * state["upper-slope"]).sum()
  }

  /// factor * x'My
  private func form(_ x: Tensor, _ matrix: Tensor, _ y: Tensor, _ factor: Double = 1) -> Tensor {
    factor * (matmul(x.reshaped([1, x.shape.count]), matrix) * y).sum()
  }

  /// One task's matrices, the same in every step.
  ///
  /// - Throws: `TensorError` for arrays that do not fit each other.
  public func task(_ index: Int, step: Int) throws -> TaskExamples {
    if let task = made[index] { return task }
    let task = try quadratic(index).examples()
    let (n, m) = (settings.lowerSize, settings.upperSize)
    let bytes = 8 * (2 * n * n + 2 * n * m + m * m)
    if made.count < Self.longestMemory / bytes { made[index] = task }
    return task
  }

  /// The most bytes of tasks that are kept.
  private static let longestMemory = 1 << 30

  /// A task with its solution.
  package func quadratic(_ index: Int) -> QuadraticTask {
    QuadraticTask(settings, seed: seed, index: index)
  }
}
