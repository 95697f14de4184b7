import BilevelOptimization
import Foundation
import Models
import Tensors

/// A representation for many tasks: the upper parameters are a network that makes features of images, z(x); a task is to
/// tell a few classes apart from a few images of each, and its lower model a linear head W on the features and a 1. With n
/// support images,
///
///     f = 1/(2 n) sum_i ||[z(x_i), 1] W - e(y_i)||^2 + exp(s)/2 ||W||^2      (head=ridge)
///     f = 1/n sum_i cross-entropy([z(x_i), 1] W, y_i) + exp(s)/2 ||W||^2     (head=dense)
///     F = the mean cross-entropy of a [z(x), 1] W on the query images
///
/// where e(y) is 1 for the class y and 0 for others, and s and, of a ridge head, log a are upper parameters as well. The ridge
/// head with its exact solution is R2-D2 (Bertinetto et al., 2019); the dense one is ANIL (Raghu et al., 2020) by
/// `method=unrolled`, and hyper-representation (Franceschi et al., 2018; Ji et al., 2021), or iMAML for the head alone, by
/// implicit differentiation.
public struct Representation: Problem {
  /// The word that the command line knows it by.
  public static let name = "representation"
  /// One line about it.
  public static let about = "few-shot classification by a head a task; upper: the features"
  /// How it is trained unless told otherwise: some seconds on the embedded digits.
  public static var defaults: TrainingSettings {
    var settings = TrainingSettings()
    settings.steps = 400
    settings.tasks = 8
    settings.method = .linearSystem
    // Of a ridge head's Hessian at most as many eigenvalues differ from the strength as there are support images.
    settings.k = 30
    settings.lowerRule = .newton
    settings.lowerSteps = 15
    // In single precision losses tell no less.
    settings.lowerTolerance = 1e-4
    settings.upperRate = 0.003
    settings.evaluationEvery = 100
    return settings
  }

  /// The features, with their first values.
  public let upperModel: Model<RepresentationUpper>
  /// The head, `[width + 1, ways]`, which begins at 0.
  public let lowerModel: Model<Tensor>
  /// Where adaptation starts.
  public let start: AdaptationStart
  let tasks: ImageTasks
  let settings: RepresentationSettings
  /// The first values of the upper parameters.
  let firstValues: [Double]
  private let embedding: Predictor<RepresentationUpper>

  /// Reads the data.
  ///
  /// - Throws: `DataFileError` for files that cannot be read or do not fit together; `SettingError` for settings
  ///   that ask for more than they hold.
  public init(_ settings: RepresentationSettings, seed: UInt64) throws {
    try settings.check()
    self.settings = settings
    let tasks = try ImageTasks(
      settings.tasks, seed: seed, givesSupport: settings.network.needsSupport)
    self.tasks = tasks
    let network = try ImageNetwork(settings.network, tasks.images.shape)
    let head: Shape = [network.featureCount + 1, settings.tasks.ways]
    let upperModel = try Model(seed: seed) { p in
      RepresentationUpper(
        features: Sequential(network.features(p)),
        logStrength: settings.l2 > 0 ? p("log-l2", [1], .constant(log(settings.l2))) : nil,
        logScale: settings.head == .ridge ? p("log-scale", [1], .constant(Self.firstScale)) : nil,
        start: settings.learnsStart ? p("start", head) : nil)
    }
    self.upperModel = upperModel
    firstValues = upperModel.values
    lowerModel = try Model { p in p("head", head) }
    start = settings.learnsStart ? .formula : .lowerModel
    embedding = try Predictor(upperModel) { upper, images in
      upper.scaled(Self.inputs(upper, images, settings, tasks))
    }
  }

  /// Log a: predictions between 0 and 1 become scores that tell classes apart.
  private static let firstScale = log(10.0)

  /// The images and their classes.
  public var data: [DataChecksum] { tasks.images.checksums }

  /// f.
  public func lowerObjective(
    _ state: ObjectiveState<RepresentationUpper, Tensor>
  ) -> Tensor {
    let inputs = RepresentationUpper.withOne(state.upperModel.features(state.data))
    let predictions = matmul(inputs, state.lowerModel)
    let loss: Tensor
    switch settings.head {
    case .dense: loss = crossEntropy(predictions, state.target)
    case .ridge:
      let ways = settings.tasks.ways
      // The mean is over all ways.
      loss =
        0.5 * Double(ways) * squaredError(predictions, state.target.oneHot(classes: ways))
    }
    guard let logStrength = state.upperModel.logStrength else { return loss }
    return loss + (0.5 * exp(logStrength) * state.lowerParameters.squared).sum()
  }

  /// F.
  public func upperObjective(
    _ state: ObjectiveState<RepresentationUpper, Tensor>
  ) -> Tensor {
    let inputs = Self.inputs(state.upperModel, state.data, settings, tasks)
    return crossEntropy(
      matmul(state.upperModel.scaled(inputs), state.lowerModel), state.target)
  }

  /// Features of the query images, and a 1.
  private static func inputs(
    _ upper: RepresentationUpper, _ images: Tensor, _ settings: RepresentationSettings,
    _ tasks: ImageTasks
  ) -> Tensor {
    RepresentationUpper.withOne(
      settings.network.output(of: upper.features, images, behind: tasks.supportCount))
  }

  /// The one that the settings name.
  ///
  /// - Throws: `SettingError` where a start is to be learnt by a method that cannot.
  public func lowerOptimizer(_ settings: TrainingSettings) throws -> any LowerOptimizer {
    guard !self.settings.learnsStart || settings.method == .unrolled else {
      throw SettingError(
        "learn-start=true: a minimum knows nothing of where adaptation starts; set method=unrolled")
    }
    return try settings.lowerOptimizer()
  }

  /// The learnt start of the head.
  public func lowerStart(
    _ state: ObjectiveState<RepresentationUpper, Tensor>
  ) -> Tensor {
    state.upperModel.start ?? state.lowerParameters
  }

  /// One task's support and query images.
  ///
  /// - Throws: `TensorError` for arrays that do not fit each other.
  public func task(_ index: Int, step: Int) throws -> TaskExamples {
    try tasks.training(index, step: step)
  }

  /// Accuracy and cross-entropy on the query images of tasks from held-out classes.
  public var heldOut: HeldOut<Tensor>? {
    HeldOut(
      [.accuracy, .crossEntropy], task: tasks.heldOut, inputs: embedded,
      predict: { head, inputs in matmul(inputs, head) }, scores: Scores.classification)
  }

  /// What the head sees of a task's query images, by the upper parameters as they are now.
  func embedded(_ task: TaskExamples) throws -> DataArray {
    try embedding(task.validate.data, at: upperModel.values)
  }
}
