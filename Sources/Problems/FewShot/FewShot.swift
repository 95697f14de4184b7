import BilevelOptimization
import Models
import Tensors

/// Few-shot classification of images by iMAML (Rajeswaran et al., 2019): the upper parameters are a network's
/// initialisation, a task is to tell a few classes apart from a few images of each, and the lower objective
/// pulls back to the initialisation with (proximal / 2) ||w - u||^2. By `method=unrolled` without a pull it is MAML, with
/// learnt lower rates where `rates` has some.
public struct FewShot: Problem {
  /// The word that the command line knows it by.
  public static let name = "few-shot"
  /// One line about it.
  public static let about = "classifies images from few of each class; upper: the initialisation"
  /// How it is trained unless told otherwise: some seconds on the embedded digits. The configuration `omniglot-5w1s.yaml`
  /// has the official code's numbers, and its own way.
  public static var defaults: TrainingSettings {
    var settings = TrainingSettings()
    settings.steps = 200
    settings.tasks = 8
    settings.method = .linearSystem
    settings.k = 5
    settings.damping = 1
    settings.lowerRate = 0.3
    settings.lowerSteps = 8
    settings.upperRate = 0.003
    settings.evaluationEvery = 50
    return settings
  }

  /// u, with its first values.
  public let upperModel: Model<Sequential>
  /// w, with its first values.
  public let lowerModel: Model<Sequential>
  /// Where adaptation starts.
  public let start: AdaptationStart
  /// The layers, where each has rates of its own.
  public let ratedParts: [Range<Int>]
  let tasks: ImageTasks
  let settings: FewShotSettings

  /// Reads the data.
  ///
  /// - Throws: `DataFileError` for files that cannot be read or do not fit together; `SettingError` for settings
  ///   that ask for more than they hold.
  public init(_ settings: FewShotSettings, seed: UInt64) throws {
    try settings.check()
    guard settings.rates > 0 || !settings.layerRates else {
      throw SettingError(
        "layer-rates=true, rates=0: there are no factors that layers could have; set rates=1, or as many "
          + "as lower-steps")
    }
    self.settings = settings
    let tasks = try ImageTasks(
      settings.tasks, seed: seed, givesSupport: settings.network.needsSupport)
    self.tasks = tasks
    let network = try ImageNetwork(settings.network, tasks.images.shape)
    func model(rates: Shape?) throws -> Model<Sequential> {
      try Model(seed: seed) { p in
        let layers = network.classifier(p, classes: settings.tasks.ways)
        if let rates { _ = p(Self.rates, rates, .ones) }
        return layers
      }
    }
    let lowerModel = try model(rates: nil)
    self.lowerModel = lowerModel
    ratedParts = settings.layerRates ? lowerModel.parameters.layers.map(\.range) : []
    let rates: Shape =
      settings.layerRates ? [settings.rates, ratedParts.count] : [settings.rates]
    upperModel = try model(rates: settings.rates > 0 ? rates : nil)
    start = settings.rates > 0 ? .formula : .upperModel
  }

  /// The images and their classes.
  public var data: [DataChecksum] { tasks.images.checksums }

  /// f.
  public func lowerObjective(_ state: ObjectiveState<Sequential, Sequential>) -> Tensor {
    crossEntropy(state.lowerModel(state.data), state.target)
      + 0.5 * settings.proximal * squaredDistance(state.lowerParameters, initialisation(state))
  }

  /// That of the proximal term.
  public var lowerPull: Double? { settings.proximal }

  /// F.
  public func upperObjective(_ state: ObjectiveState<Sequential, Sequential>) -> Tensor {
    crossEntropy(output(state.lowerModel, state.data), state.target)
  }

  /// The initialisation, where upper parameters are more than that.
  public func lowerStart(_ state: ObjectiveState<Sequential, Sequential>) -> Tensor {
    initialisation(state)
  }

  /// The upper parameters but for learnt rates.
  private func initialisation(_ state: ObjectiveState<Sequential, Sequential>) -> Tensor {
    settings.rates == 0
      ? state.upperParameters : state.upperParameters.sliced(0, 0..<lowerModel.count)
  }

  /// What the network says of query images.
  func output(_ network: Sequential, _ images: Tensor) -> Tensor {
    settings.network.output(of: network, images, behind: tasks.supportCount)
  }

  /// The one that the settings name.
  ///
  /// - Throws: `SettingError` where factors of rates are there that nothing is multiplied by.
  public func lowerOptimizer(_ settings: TrainingSettings) throws -> any LowerOptimizer {
    guard self.settings.rates == 0 || settings.learnedRates == Self.rates else {
      throw SettingError(
        "rates=\(self.settings.rates): no lower rate is multiplied by them; set learned-rates=\(Self.rates) "
          + "and method=unrolled")
    }
    return try settings.lowerOptimizer()
  }

  /// The upper parameter that learnt factors are.
  static let rates = "rates"

  /// One task's support and query images.
  ///
  /// - Throws: `TensorError` for arrays that do not fit each other.
  public func task(_ index: Int, step: Int) throws -> TaskExamples {
    try tasks.training(index, step: step)
  }

  /// Accuracy and cross-entropy on the query images of tasks from held-out classes.
  public var heldOut: HeldOut<Sequential>? {
    HeldOut(
      [.accuracy, .crossEntropy], task: tasks.heldOut, predict: output,
      scores: Scores.classification)
  }
}

extension [Parameter] {
  /// Neighbours that are parts of one layer, by its name: what is before the last dot of theirs.
  var layers: [(name: String, range: Range<Int>)] {
    reduce(into: []) { layers, parameter in
      let name = parameter.name.split(separator: ".").dropLast().joined(separator: ".")
      let end = parameter.offset + parameter.shape.count
      if let last = layers.last, last.name == name {
        layers[layers.count - 1].range = last.range.lowerBound..<end
      } else {
        layers.append((name, parameter.offset..<end))
      }
    }
  }
}
