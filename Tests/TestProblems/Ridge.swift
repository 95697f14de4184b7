import BilevelOptimization
import Models
import Problems
import Randomness
import Tensors

/// Settings of ``Ridge``.
package struct RidgeSettings: SettingGroup {
  /// How many powers of two lie between the upper objectives of one task and of the next.
  package var spread = 0

  package init() {}

  package mutating func declare(_ keys: inout SettingKeys) throws {
    try keys("spread", &spread, -600...600, "powers of two between tasks")
  }
}

/// Ridge regression with a learnt strength, whose tasks may be of very different sizes: where they are, the third has an
/// upper objective of 0.
package struct Ridge: Problem {
  package static let name = "ridge"
  package static let about = "ridge regression; upper: the logarithm of its strength"
  package static var defaults: TrainingSettings {
    var settings = TrainingSettings()
    (settings.steps, settings.tasks, settings.lowerSteps) = (4, 5, 60)
    (settings.upperRule, settings.upperRate, settings.k) = (.sgd, 1, 8)
    (settings.precision, settings.tolerance) = (.double, 0)
    return settings
  }

  package let upperModel: Model<Tensor>, lowerModel: Model<Tensor>
  package let start = AdaptationStart.lowerModel
  private let spread: Int, seed: UInt64

  package init(_ settings: RidgeSettings, seed: UInt64) throws {
    (spread, self.seed) = (settings.spread, seed)
    upperModel = try Model { p in p("log-strength", [1]) }
    lowerModel = try Model { p in p("weights", [20, 1]) }
  }

  package func lowerObjective(_ s: ObjectiveState<Tensor, Tensor>) -> Tensor {
    squaredError(matmul(s.data, s.lowerModel), s.target)
      + (exp(s.upperModel) * s.lowerParameters.squared).mean()
  }

  package func upperObjective(_ s: ObjectiveState<Tensor, Tensor>) -> Tensor {
    (s["size"] * squaredError(matmul(s.data, s.lowerModel), s.target)).sum()
  }

  package func task(_ index: Int, step: Int) throws -> TaskExamples {
    var random = RandomStream(seed: seed, purpose: .task, step: step, index: index)
    let truth = (0..<20).map { _ in random.normal() }
    func draw(_ count: Int, _ extras: [Examples.Extra] = []) throws -> Examples {
      let x = (0..<count * 20).map { _ in random.normal() }
      let y = (0..<count).map { row in
        (0..<20).reduce(0.5 * random.normal()) { $0 + x[row * 20 + $1] * truth[$1] }
      }
      return Examples(
        data: try DataArray([count, 20], x), target: try DataArray([count, 1], y), extras: extras)
    }
    let size =
      spread != 0 && index == 2
      ? 0 : Double(sign: .plus, exponent: spread * (index % 5 - 2), significand: 1)
    return TaskExamples(
      train: try draw(30), validate: try draw(30, [.init("size", DataArray([size]))]))
  }
}
