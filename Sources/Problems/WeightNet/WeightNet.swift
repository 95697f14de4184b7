import BilevelOptimization
import Models
import Tensors

/// A net that weighs examples by their loss (Meta-Weight-Net; Shu et al., 2019), and weights of classes, learnt from few
/// clean and balanced examples: for labels that are wrong, and for classes of which there are few examples. With the loss
/// l_i of example i, of class y_i, a net V from a loss to a number between 0 and 1, and class weights c,
///
///     f = sum_i v_i l_i / sum_i v_i + l2 ||w||^2      v_i = V(l_i) exp(c_{y_i})
///     F = the mean loss of validating examples
///
/// where V's input is held: it has no derivatives in w, as in the published method. The upper parameters are those of V, and
/// c. There is one task, all training examples, whose lower model is trained along with V: lower steps see batches, and each
/// upper step goes on where the last one ended.
public struct WeightNet: Problem {
  /// The word that the command line knows it by.
  public static let name = "weight-net"
  /// One line about it.
  public static let about =
    "weighs examples by their losses and classes; upper: a net of the loss, class weights"
  /// How it is trained unless told otherwise.
  public static var defaults: TrainingSettings {
    var settings = TrainingSettings()
    (settings.steps, settings.tasks) = (2000, 1)
    settings.method = .unrolled
    settings.start = .previous
    (settings.batch, settings.solveBatch, settings.validationBatch) = (100, 100, 100)
    (settings.lowerSteps, settings.lowerRate) = (1, 0.5)
    settings.upperRate = 0.01
    settings.evaluationEvery = 100
    return settings
  }

  /// V and c, with their first values: all weights are equal.
  public let upperModel: Model<ExampleWeights>
  /// w, with its first values.
  public var lowerModel: Model<Sequential> { classifier.model }
  /// Where adaptation starts.
  public let start = AdaptationStart.lowerModel
  package let corrupted: CorruptedLabels
  let classifier: Classifier
  let settings: WeightNetSettings
  /// The only task.
  let whole: TaskExamples

  /// Reads the data, thins classes and corrupts labels.
  ///
  /// - Throws: `SettingError` for settings that ask for more than there is; `DataFileError` for files that cannot be
  ///   read or do not fit together.
  public init(_ settings: WeightNetSettings, seed: UInt64) throws {
    try settings.check()
    self.settings = settings
    let parts = try LabelledParts(settings.examples, imbalance: settings.imbalance, seed: seed)
    corrupted = CorruptedLabels(parts, settings.corruption, seed: seed)
    upperModel = try Model(seed: seed) { p in
      ExampleWeights(
        p, settings.weights, hidden: settings.weightHidden, classes: parts.classCount)
    }
    augmentation = try settings.augmentation.augmentation(parts.examples)
    classifier = try Classifier(settings.network, hidden: settings.hidden, parts, seed: seed)
    whole = TaskExamples(
      train: try corrupted.training(corrupted.givenLabels),
      validate: try parts.examples(parts.validate))
  }

  /// The examples.
  public static let isOverRows = true
  /// What lower steps see of them.
  public let augmentation: (any Augmentation)?

  /// The examples and their classes, where they are a user's own.
  public var data: [DataChecksum] { corrupted.examples.checksums }

  /// f.
  public func lowerObjective(_ state: ObjectiveState<ExampleWeights, Sequential>) -> Tensor {
    let losses = crossEntropies(state.lowerModel(state.data), state.target)
    let weights = state.upperModel(losses.stoppingGradient(), classes: state["class"])
    return (weights * losses).sum() / weights.sum() + settings.l2
      * squaredNorm(state.lowerParameters)
  }

  /// F.
  public func upperObjective(_ state: ObjectiveState<ExampleWeights, Sequential>) -> Tensor {
    crossEntropy(state.lowerModel(state.data), state.target)
  }

  /// All examples.
  public func task(_ index: Int, step: Int) throws -> TaskExamples { whole }

  /// Accuracy and cross-entropy of the lower model on parts of the examples that test, or, where there are none, validate.
  public var heldOut: HeldOut<Sequential>? { classifier.heldOut(after: whole.train) }
}

extension CorruptedLabels {
  /// All training examples with some labels, which are their classes' numbers as well.
  fileprivate func training(_ labels: [Int]) throws -> Examples {
    let classes = DataArray(indices: labels)
    return Examples(
      data: try parts.examples.inputs(parts.train), target: classes,
      extras: [.init("class", classes, byRow: true)])
  }

  /// The task with all labels right.
  func right(_ task: TaskExamples) throws -> TaskExamples {
    TaskExamples(train: try training(rightLabels), validate: task.validate)
  }
}
