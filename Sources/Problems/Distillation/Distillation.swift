import BilevelOptimization
import Models
import Randomness
import Tensors

/// A data set distilled into a few examples (Wang et al., 2018): the upper parameters are their numbers, if wanted their labels
/// and the rates of the lower steps; the lower model is trained on them alone; the upper objective is its cross-entropy on the
/// real examples. With the distilled inputs z, their targets t and the lower model g_w,
///
///     f = mean_j cross-entropy(g_w(z_j), t_j) + l2 ||w||^2
///     F = mean_i cross-entropy(g_w(x_i), y_i)
///
/// Lower models start at the same values every time: the distilled examples are for these. Method `unrolled` goes through the
/// few lower steps there are, and learns rates; with `l2` above 0 and enough steps, implicit methods do as well.
public struct Distillation: Problem {
  /// The word that the command line knows it by.
  public static let name = "distillation"
  /// One line about it.
  public static let about =
    "a few examples to train with instead of all; upper: images, labels, rates"
  /// How it is trained unless told otherwise.
  public static var defaults: TrainingSettings {
    get throws {
      var settings = TrainingSettings()
      (settings.steps, settings.tasks) = (1000, 1)
      settings.method = .unrolled
      settings.learnedRates = DistilledExamples.Name.rates
      (settings.lowerSteps, settings.lowerRate) = (20, 0.3)
      (settings.upperRate, settings.validationBatch) = (0.02, 500)
      // Rates and images are of different sizes.
      _ = try settings.set("upper-rates", to: "\(DistilledExamples.Name.rates)=0.003")
      return settings
    }
  }

  /// The distilled examples, with their first values.
  public let upperModel: Model<DistilledExamples>
  /// w, with its first values.
  public var lowerModel: Model<Sequential> { classifier.model }
  /// Where adaptation starts.
  public let start = AdaptationStart.lowerModel
  let parts: LabelledParts
  let classifier: Classifier
  let settings: DistillationSettings
  let seed: UInt64
  /// The only task: the lower objective looks at none of its training examples.
  let whole: TaskExamples

  /// Reads the data and draws the first examples.
  ///
  /// - Throws: `SettingError` for settings that ask for more than there is; `DataFileError` for files that cannot be
  ///   read or do not fit together.
  public init(_ settings: DistillationSettings, seed: UInt64) throws {
    try settings.check()
    (self.settings, self.seed) = (settings, seed)
    let parts = try LabelledParts(settings.examples, seed: seed)
    self.parts = parts
    classifier = try Classifier(settings.network, hidden: settings.hidden, parts, seed: seed)
    upperModel = try Model(seed: seed) { p in
      DistilledExamples(
        p, settings, inputs: parts.examples.inputCount, classes: parts.classCount)
    }
    whole = TaskExamples(
      train: Examples(data: DataArray(indices: [0]), target: DataArray(indices: [0])),
      validate: try parts.examples(parts.real))
    try setFirstValues()
  }

  private func setFirstValues() throws {
    var stream = RandomStream(seed: seed, purpose: .task)
    switch settings.from {
    case .examples:
      upperModel.values = try values(
        of: parts.drawn(classes, from: parts.real, &stream), upperModel.values)
    case .noise:
      let center = parts.examples.areImages ? 0.5 : 0
      let count = classes.count * parts.examples.inputCount
      upperModel.values = try values(
        of: DataArray([count], (0..<count).map { _ in center + stream.normal() / 4 }),
        upperModel.values)
    }
  }

  /// The classes of the distilled examples.
  var classes: [Int] { DistilledExamples.classes(settings, parts.classCount) }

  /// The upper parameters with inputs of real examples, and labels that say their classes.
  func values(of numbers: [Int], _ values: [Double]) throws -> [Double] {
    try self.values(of: parts.examples.inputs(numbers), values)
  }

  private func values(of inputs: DataArray, _ values: [Double]) throws -> [Double] {
    var values = values
    for parameter in upperModel.parameters {
      let own = parameter.offset..<parameter.offset + parameter.shape.count
      switch parameter.name {
      case DistilledExamples.Name.inputs: values.replaceSubrange(own, with: inputs.values)
      case DistilledExamples.Name.labels:
        let rows = DistilledExamples.rows(settings, parts.classCount, of: Self.firstLogit)
        values.replaceSubrange(own, with: rows)
      default: break
      }
    }
    return values
  }

  /// Of an example's class, where labels are learnt; those of the others are 0.
  private static let firstLogit = 5.0

  /// Rows of the real examples.
  public static let isOverRows = true

  /// The real examples, where they are a user's own.
  public var data: [DataChecksum] { parts.examples.checksums }

  /// f.
  public func lowerObjective(_ state: ObjectiveState<DistilledExamples, Sequential>) -> Tensor {
    crossEntropy(state.lowerModel(state.upperModel.inputs), state.upperModel.targets)
      + settings.l2 * squaredNorm(state.lowerParameters)
  }

  /// F.
  public func upperObjective(_ state: ObjectiveState<DistilledExamples, Sequential>) -> Tensor {
    crossEntropy(state.lowerModel(state.data), state.target)
  }

  /// All real examples.
  public func task(_ index: Int, step: Int) throws -> TaskExamples { whole }

  /// Accuracy and cross-entropy of the lower model, trained on the distilled examples, on parts of the examples that test.
  public var heldOut: HeldOut<Sequential>? { classifier.heldOut(after: whole.train) }
}

extension LabelledParts {
  /// The examples that distilled ones are to stand for.
  var real: [Int] { train + (test.isEmpty ? [] : validate) }
}
