import Foundation
import IGBM

/// Settings of ``Poisoning``.
struct PoisoningSettings: SettingGroup {
  var images = 400, poisons = 40, validation = 400, l2 = 0.001

  mutating func declare(_ keys: inout SettingKeys) throws {
    try keys("images", &images, 2...1_000, "clean training images")
    try keys("poisons", &poisons, 1...300, "poisoned training images, of a wrong class")
    try keys("validation", &validation, 2...400, "clean images that are to be taken for others")
    try keys("l2", &l2, 1e-8...10, "strength of the classifier's L2 penalty")
  }
}

/// Poisoning of a classifier's training data (L. Munoz-Gonzalez et al., "Towards poisoning of deep learning algorithms with
/// back-gradient optimization", 2017): a few images that are trained with, each of a wrong class, are changed so that the
/// classifier does badly on all others,
///
///     f = mean cross-entropy over clean and poisoned images + l2 ||w||^2        F = -mean cross-entropy over clean images
///
/// Upper: the pixels of the poisoned images, which stay from 0 to 1 (`upper-set`). Lower: a linear classifier. A task is a random
/// half of the clean images, with all of the poisoned ones.
struct Poisoning: Problem {
  static let name = "poisoning"
  static let about = "poisons a classifier's training data; upper: pixels of some images"
  static var defaults: TrainingSettings {
    var settings = TrainingSettings()
    (settings.steps, settings.tasks) = (150, 4)
    (settings.lowerRule, settings.lowerRate, settings.lowerSteps) = (.lbfgs, 1, 60)
    (settings.method, settings.k) = (.linearSystem, 40)
    (settings.upperRate, settings.upperSet) = (0.02, .box(0, 1))
    return settings
  }

  let upperModel: Model<Tensor>, lowerModel: Model<Dense>
  let start = AdaptationStart.lowerModel
  let settings: PoisoningSettings, seed: UInt64
  /// Numbers of images: those that are poisoned, and clean ones by what they do.
  let poisons, train, validation, test: [Int]

  init(_ settings: PoisoningSettings, seed: UInt64) throws {
    (self.settings, self.seed) = (settings, seed)
    var random = RandomStream(seed: seed, purpose: .split)
    var rest = random.permutation(of: Digits.all.labels.count)[...]
    func taken(_ count: Int) -> [Int] {
      defer { rest = rest.dropFirst(count) }
      return Array(rest.prefix(count))
    }
    (poisons, train) = (taken(settings.poisons), taken(settings.images))
    (validation, test) = (taken(settings.validation), Array(rest))
    upperModel = try Model { p in p("pixels", [settings.poisons, 64]) }
    upperModel.values = try Digits.all.images(poisons).values
    lowerModel = try Model { p in Dense(p.part("dense"), 64, 10, weight: .zeros) }
  }

  func lowerObjective(_ s: ObjectiveState<Tensor, Dense>) -> Tensor {
    let clean = crossEntropies(s.lowerModel(s.data), s.target).sum()
    let poisoned = crossEntropies(s.lowerModel(s.upperModel), s["class"]) * s["weight"]
    return (clean + poisoned.sum()) / (s["weight"].sum() + Double(s.data.shape[0]))
      + settings.l2 * squaredNorm(s.lowerParameters)
  }

  func upperObjective(_ s: ObjectiveState<Tensor, Dense>) -> Tensor {
    -crossEntropy(s.lowerModel(s.data), s.target)
  }

  func task(_ index: Int, step: Int) throws -> TaskExamples {
    var random = RandomStream(seed: seed, purpose: .task, step: step, index: index)
    let half = random.choose(train.count / 2, of: train.count).map { train[$0] }
    return TaskExamples(train: try training(half), validate: try Self.examples(validation))
  }

  /// Clean images and the poisoned ones, which count with a weight.
  func training(_ clean: [Int], weight: Double = 1) throws -> Examples {
    let examples = try Self.examples(clean)
    return Examples(
      data: examples.data, target: examples.target,
      extras: [
        .init("class", DataArray(indices: poisons.map(Self.wrongClass))),
        .init("weight", DataArray(poisons.map { _ in weight })),
      ])
  }

  static func examples(_ numbers: [Int]) throws -> Examples {
    Examples(
      data: try Digits.all.images(numbers),
      target: DataArray(indices: numbers.map { Digits.all.labels[$0] }))
  }

  /// What a poisoned image is said to be.
  static func wrongClass(_ number: Int) -> Int { (Digits.all.labels[number] + 1) % 10 }
}
