import BilevelOptimization
import Models
import Tensors

/// How strongly training images are to be changed (Lorraine, Vicol and Duvenaud, 2020): the upper parameters are the logarithms of
/// the strengths s of changes (`ImageChange`), which random numbers r are multiplied by; the lower model is trained on changed
/// images; the upper objective is its loss on validating images as they are. With a(x; s, r) a changed image,
///
///     f = mean_i cross-entropy(g_w(a(x_i; s, r_i)), y_i) + l2 ||w||^2
///     F = mean_i cross-entropy(g_w(x_i), y_i)           over validating examples
///
/// The random numbers are those of the seed, the upper step, the task, the lower step and the place in its batch. There is one
/// task, all training images, whose lower model is trained along with the strengths.
public struct LearntAugmentation: Problem {
  /// The word that the command line knows it by.
  public static let name = "augmentation"
  /// One line about it.
  public static let about = "how strongly to change training images; upper: a strength a change"
  /// How it is trained unless told otherwise.
  public static var defaults: TrainingSettings {
    get throws {
      var settings = TrainingSettings()
      (settings.steps, settings.tasks) = (1000, 1)
      (settings.method, settings.k) = (.neumannSeries, 10)
      settings.start = .previous
      settings.batch = 100
      (settings.lowerSteps, settings.lowerRate, settings.damping) = (4, 0.3, 0.2)
      settings.upperRate = 0.01
      settings.evaluationEvery = 100
      return settings
    }
  }

  /// The strengths' logarithms, with their first values.
  public let upperModel: Model<ChangeStrengths>
  /// w, with its first values.
  public var lowerModel: Model<Sequential> { classifier.model }
  /// Where adaptation starts.
  public let start = AdaptationStart.lowerModel
  let parts: LabelledParts
  let images: LabelledImages
  let classifier: Classifier
  let settings: LearntAugmentationSettings
  let firstValues: [Double]
  let seed: UInt64
  /// The only task.
  let whole: TaskExamples
  /// What becomes of images.
  package let change: ChangedImages

  /// Reads the data.
  ///
  /// - Throws: `SettingError` for settings that ask for more than there is, and for data that are no images; `DataFileError` for
  ///   files that cannot be read or do not fit together.
  public init(_ settings: LearntAugmentationSettings, seed: UInt64) throws {
    try settings.check()
    (self.settings, self.seed) = (settings, seed)
    let parts = try LabelledParts(settings.examples, seed: seed)
    self.parts = parts
    guard case .images(let images) = parts.examples else {
      throw SettingError(
        "data=\(settings.data): rows of a table are no images, and problem augmentation changes images; "
          + "give a folder of images, or IMAGES,LABELS")
    }
    self.images = images
    change = ChangedImages(height: images.height, width: images.width, channels: images.channels)
    upperModel = try Model(seed: seed) { p in ChangeStrengths(p, settings.used) }
    firstValues = upperModel.values
    classifier = try Classifier(settings.network, hidden: settings.hidden, parts, seed: seed)
    whole = TaskExamples(
      train: try parts.examples(parts.train), validate: try parts.examples(parts.validate))
  }

  /// The images.
  public static let isOverRows = true

  /// The images and their classes, where they are a user's own.
  public var data: [DataChecksum] { parts.examples.checksums }

  /// f.
  public func lowerObjective(_ state: ObjectiveState<ChangeStrengths, Sequential>) -> Tensor {
    let changed = change(state.data, state.upperModel) { state.data.noise($1, $0) }
    return crossEntropy(state.lowerModel(changed), state.target)
      + settings.l2 * squaredNorm(state.lowerParameters)
  }

  /// F.
  public func upperObjective(_ state: ObjectiveState<ChangeStrengths, Sequential>) -> Tensor {
    crossEntropy(state.lowerModel(state.data), state.target)
  }

  /// All images.
  public func task(_ index: Int, step: Int) throws -> TaskExamples { whole }

  /// Accuracy and cross-entropy of the lower model on parts of the images that test, or, where there are none, validate.
  public var heldOut: HeldOut<Sequential>? { classifier.heldOut(after: whole.train) }
}
