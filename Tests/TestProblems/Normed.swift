import BilevelOptimization
import Models
import Problems
import Randomness
import Tensors

/// Settings of ``Normed``.
package struct NormedSettings: SettingGroup {
  /// Whether predictions are by the training data's statistics, rather than by the predicted examples' own.
  package var isStored = true

  package init() {}

  package mutating func declare(_ keys: inout SettingKeys) throws {
    try keys("stored", &isStored, "whether predictions are by stored statistics")
  }
}

/// Two classes by a small net with batch norm and dropout, with a learnt L2 strength: its upper objective is by the training
/// data's statistics.
package struct Normed: Problem {
  package static let name = "normed"
  package static let about =
    "a net with batch norm and dropout; upper: the logarithm of its strength"
  package static var defaults: TrainingSettings {
    var settings = TrainingSettings()
    (settings.steps, settings.tasks, settings.lowerSteps) = (3, 5, 6)
    (settings.lowerRate, settings.upperRate, settings.k, settings.damping) = (0.2, 0.1, 4, 0.1)
    settings.method = .linearSystem
    return settings
  }
  package static let isOverRows = true

  package let upperModel: Model<Tensor>, lowerModel: Model<Sequential>
  package let start = AdaptationStart.lowerModel
  private let seed: UInt64, isStored: Bool

  package init(_ settings: NormedSettings, seed: UInt64) throws {
    (self.seed, isStored) = (seed, settings.isStored)
    upperModel = try Model { p in p("log-strength", [1], .constant(-4)) }
    lowerModel = try Model(seed: seed) { p in
      Sequential(
        Dense(p.part("hidden"), 3, 6), BatchNorm(p.part("norm"), 6, keepsStatistics: true),
        Activation.tanh, Dropout(0.3), Dense(p.part("output"), 6, 2))
    }
  }

  package func lowerObjective(_ s: ObjectiveState<Tensor, Sequential>) -> Tensor {
    crossEntropy(s.lowerModel(s.data), s.target)
      + (exp(s.upperModel) * s.lowerParameters.squared).sum()
  }

  package func upperObjective(_ s: ObjectiveState<Tensor, Sequential>) -> Tensor {
    crossEntropy(s.lowerModel(s.data, statistics: .of(s["train"])), s.target)
  }

  package func task(_ index: Int, step: Int) throws -> TaskExamples {
    try examples(.task, step: step, index)
  }

  private func examples(_ purpose: RandomPurpose, step: Int, _ index: Int) throws -> TaskExamples {
    var random = RandomStream(seed: seed, purpose: purpose, step: step, index: index)
    func draw(_ count: Int) throws -> (data: DataArray, target: DataArray) {
      let x = (0..<count * 3).map { _ in random.normal() }
      let classes = (0..<count).map { x[$0 * 3] + x[$0 * 3 + 1] > 0 ? 1 : 0 }
      return (try DataArray([count, 3], x), DataArray(indices: classes))
    }
    let (train, validate) = (try draw(20), try draw(8))
    return TaskExamples(
      train: Examples(data: train.data, target: train.target),
      validate: Examples(
        data: validate.data, target: validate.target, extras: [.init("train", train.data)]))
  }

  package var heldOut: HeldOut<Sequential>? {
    HeldOut(
      [.crossEntropy], task: { try examples(.evaluation, step: 0, $0) },
      predict: { [isStored] in $0($1, statistics: isStored ? .stored : .ofInput) },
      scores: { predictions, labels in
        let pairs = (0..<labels.values.count).map { row in
          (Array(predictions.values[row * 2..<row * 2 + 2]), Int(labels.values[row]))
        }
        return [pairs.reduce(0) { $0 + $1.0[1 - $1.1] - $1.0[$1.1] } / Double(pairs.count)]
      },
      finish: { [lowerModel] values, train in
        try lowerModel.storingStatistics(of: train.data, at: values)
      })
  }
}
