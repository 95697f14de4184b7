import BilevelOptimization
import Models
import Randomness
import Tensors

/// Settings of ``LabelCleaning``.
public struct LabelCleaningSettings: SettingGroup, Equatable {
  /// Training digits; 297 of the others validate and 500 test.
  public var train = 1000
  /// The part of the training digits whose label is wrong.
  public var corruption = 0.4
  /// Units of the hidden layer.
  public var hidden = 32
  /// The lower objective's penalty: l2 * ||w||^2.
  public var l2 = 0.0001
  /// Lower steps of the trainings that the results compare: many more than adaptation's, so that wrong labels
  /// are learnt by heart where nothing prevents it.
  public var finalSteps = 2000

  /// The defaults.
  public init() {}

  /// Declares every key.
  public mutating func declare(_ keys: inout SettingKeys) throws {
    try keys("train", &train, 20...1000, "training digits")
    try keys("corruption", &corruption, 0...1, "part of the training digits with a wrong label")
    try keys("hidden", &hidden, 1...10_000, "units of the hidden layer")
    try keys("l2", &l2, 0...1e6, "lower penalty: l2 * ||w||^2")
    try keys("final-steps", &finalSteps, 1...1_000_000, "lower steps of the compared trainings")
  }
}

/// Finding wrong labels among handwritten digits (data hyper-cleaning; Franceschi et al., 2017): the upper parameters
/// are one logit a training example; the lower model is a tanh network trained on the cross-entropy weighted by
/// their sigmoids, plus a penalty; the upper objective is its cross-entropy on clean validation digits. A
/// task is a random half of the training and two thirds of the validation digits.
public struct LabelCleaning: Problem {
  /// The word that the command line knows it by.
  public static let name = "label-cleaning"
  /// One line about it.
  public static let about =
    "finds wrong labels among handwritten digits; upper: a weight an example"
  /// How it is trained unless told otherwise.
  public static var defaults: TrainingSettings {
    var settings = TrainingSettings()
    settings.steps = 60
    settings.tasks = 8
    settings.method = .neumannSeries
    settings.k = 20
    settings.lowerRate = 0.5
    settings.lowerSteps = 200
    settings.upperRate = 0.1
    return settings
  }

  /// u, with its first values.
  public let upperModel: Model<Tensor>
  /// w, with its first values.
  public let lowerModel: Model<Sequential>
  /// Where adaptation starts.
  public let start = AdaptationStart.lowerModel
  package let data: CorruptedDigits
  let settings: LabelCleaningSettings
  private let seed: UInt64

  /// The defaults.
  public init(_ settings: LabelCleaningSettings, seed: UInt64) throws {
    try settings.check()
    self.settings = settings
    self.seed = seed
    data = CorruptedDigits(train: settings.train, corruption: settings.corruption, seed: seed)
    upperModel = try Model(seed: seed) { p in p("logits", [settings.train], .zeros) }
    lowerModel = try Model(seed: seed) { p in
      Sequential(
        Dense(p.part("dense1"), Digits.pixelCount, settings.hidden), Activation.tanh,
        Dense(p.part("dense2"), settings.hidden, Digits.classCount))
    }
  }

  /// f.
  public func lowerObjective(_ state: ObjectiveState<Tensor, Sequential>) -> Tensor {
    let weights = sigmoid(state.upperModel.rows(state["example"]))
    let losses = crossEntropies(state.lowerModel(state.data), state.target)
    return (weights * losses).mean() + settings.l2 * squaredNorm(state.lowerParameters)
  }

  /// F.
  public func upperObjective(_ state: ObjectiveState<Tensor, Sequential>) -> Tensor {
    crossEntropy(state.lowerModel(state.data), state.target)
  }

  /// One task's data.
  public func task(_ index: Int, step: Int) throws -> TaskExamples {
    var stream = RandomStream(seed: seed, purpose: .task, step: step, index: index)
    let train = stream.choose(settings.train / 2, of: settings.train)
    let validate = stream.choose(data.validate.count * 2 / 3, of: data.validate.count)
    return TaskExamples(
      train: try trainExamples(train, labels: data.givenLabels),
      validate: try data.examples(validate.map { data.validate[$0] }))
  }

  /// Training examples by number, with some labels, and their numbers for the weights.
  func trainExamples(_ numbers: [Int], labels: [Int]) throws -> Examples {
    Examples(
      data: try Digits.all.images(numbers.map { data.train[$0] }),
      target: DataArray(indices: numbers.map { labels[$0] }),
      extras: [.init("example", DataArray(indices: numbers))])
  }
}

/// The digits, split, with part of the training labels replaced by wrong ones.
package struct CorruptedDigits {
  /// Which of all digits train, validate and test.
  package let train: [Int]
  package let validate: [Int]
  package let test: [Int]
  /// The training digits' labels as given, and as they ought to be.
  package let givenLabels: [Int]
  package let rightLabels: [Int]

  package init(train count: Int, corruption: Double, seed: UInt64) {
    let all = Digits.all
    var split = RandomStream(seed: seed, purpose: .split)
    let order = split.permutation(of: all.labels.count)
    // Always the same 500 test and 297 validate, however many train.
    test = Array(order[..<500])
    validate = Array(order[500..<797])
    train = Array(order[797..<797 + count])
    rightLabels = train.map { all.labels[$0] }
    var stream = RandomStream(seed: seed, purpose: .corruption)
    var labels = rightLabels
    let wrong = Int((corruption * Double(count)).rounded())
    for number in stream.choose(wrong, of: count) {
      // Truly wrong: one of the nine other classes.
      labels[number] =
        (labels[number] + 1 + stream.integer(below: Digits.classCount - 1)) % Digits.classCount
    }
    givenLabels = labels
  }

  /// Clean examples by their place among all digits.
  func examples(_ indices: [Int]) throws -> Examples {
    Examples(
      data: try Digits.all.images(indices),
      target: DataArray(indices: indices.map { Digits.all.labels[$0] }))
  }
}
