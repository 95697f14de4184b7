import BilevelOptimization
import Models
import Randomness
import Tensors

/// Finding wrong labels among images, or rows of a table (data hyper-cleaning; Franceschi et al., 2017): the upper
/// parameters are one logit a training example; the lower model is trained on the cross-entropy weighted by their
/// sigmoids, plus a penalty; the upper objective is its cross-entropy on clean validation examples. A task is a random
/// part of the training and of the validation examples, or, where the parts are 1, all of them in their order. Training
/// labels are a user's own where a folder or table of clean ones validates, or where none is replaced: then nothing is
/// said about which are truly wrong.
public struct LabelCleaning: Problem {
  /// The word that the command line knows it by.
  public static let name = "label-cleaning"
  /// One line about it.
  public static let about =
    "finds wrong labels among images, or rows of a table; upper: a weight an example"
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
  public var lowerModel: Model<Sequential> { classifier.model }
  /// Where adaptation starts.
  public let start = AdaptationStart.lowerModel
  package let corrupted: CorruptedLabels
  let classifier: Classifier
  var examples: LabelledExamples { corrupted.examples }
  let settings: LabelCleaningSettings
  private let seed: UInt64
  private let whole = WholeTask()

  /// The task that all images are in, once it was asked for.
  private final class WholeTask {
    var examples: TaskExamples?
  }

  /// Reads the data and corrupts their labels.
  ///
  /// - Throws: `SettingError` for settings that ask for more than there is; `DataFileError` for files that cannot be
  ///   read or do not fit together.
  public init(_ settings: LabelCleaningSettings, seed: UInt64) throws {
    try settings.check()
    self.settings = settings
    self.seed = seed
    corrupted = CorruptedLabels(
      try LabelledParts(settings.examples, seed: seed), settings.corruption, seed: seed)
    let count = corrupted.train.count
    upperModel = try Model(seed: seed) { p in p("logits", [count], .zeros) }
    augmentation = try settings.augmentation.augmentation(corrupted.examples)
    classifier = try Classifier(
      settings.network, hidden: settings.hidden, corrupted.parts, seed: seed)
  }

  /// The examples.
  public static let isOverRows = true
  /// What lower steps see of them.
  public let augmentation: (any Augmentation)?

  /// The examples and their classes, where they are a user's own.
  public var data: [DataChecksum] { examples.checksums }

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
  ///
  /// - Throws: `TensorError` for arrays that do not fit each other.
  public func task(_ index: Int, step: Int) throws -> TaskExamples {
    let isWhole = settings.trainPart == 1 && settings.validationPart == 1
    if isWhole, let examples = whole.examples { return examples }
    var stream = RandomStream(seed: seed, purpose: .task, step: step, index: index)
    /// All rows keep their order, so that batches of every step are of the same rows.
    func drawn(_ part: Double, of count: Int) -> [Int] {
      part == 1 ? Array(0..<count) : stream.choose(Self.part(part, of: count), of: count)
    }
    let train = drawn(settings.trainPart, of: upperModel.count)
    let validate = drawn(settings.validationPart, of: corrupted.validate.count)
    let task = TaskExamples(
      train: try corrupted.trainExamples(train, labels: corrupted.givenLabels),
      validate: try corrupted.parts.examples(validate.map { corrupted.validate[$0] }))
    if isWhole { whole.examples = task }
    return task
  }

  /// A part of so many, rounded down, at least one.
  private static func part(_ part: Double, of count: Int) -> Int {
    max(1, Int(part * Double(count)))
  }
}
