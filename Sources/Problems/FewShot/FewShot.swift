import BilevelOptimization
import DataFiles
import Foundation
import Models
import Randomness
import Tensors

/// Few-shot classification of images by iMAML (Rajeswaran et al., 2019): the upper parameters are a network's
/// initialisation, a task is to tell a few classes apart from a few images of each, and the lower objective
/// pulls back to the initialisation with (proximal / 2) ||w - u||^2.
public struct FewShot: Problem {
  /// The word that the command line knows it by.
  public static let name = "few-shot"
  /// One line about it.
  public static let about = "classifies images from few of each class; upper: the initialisation"
  /// How it is trained unless told otherwise: the official code's numbers on Omniglot, adapted with the pull. The
  /// configuration `omniglot-5w1s.yaml` has the official code's own way.
  public static var defaults: TrainingSettings {
    var settings = TrainingSettings()
    settings.steps = 20_000
    settings.tasks = 32
    settings.method = .linearSystem
    settings.k = 5
    settings.damping = 1
    settings.lowerRate = 0.1
    settings.lowerSteps = 16
    settings.upperRate = 0.001
    settings.upperEpsilon = 0.001
    settings.evaluationEvery = 1000
    return settings
  }

  /// u, with its first values.
  public let upperModel: Model<Sequential>
  /// w, with its first values.
  public let lowerModel: Model<Sequential>
  /// Where adaptation starts.
  public let start = AdaptationStart.upperModel
  private let settings: FewShotSettings
  private let images: ImageClasses
  private let split: ClassSplit
  private let seed: UInt64

  /// Reads the data.
  ///
  /// - Throws: `DataFileError` for files that cannot be read or do not fit together; `SettingError` for settings
  ///   that ask for more than they hold.
  public init(_ settings: FewShotSettings, seed: UInt64) throws {
    try settings.check()
    self.settings = settings
    self.seed = seed
    let own = try ImageClasses(try Self.files(settings.data, settings))
    if settings.test.isEmpty {
      images = own
      split = try Self.split(own.members.count, settings, seed: seed)
    } else {
      images = try own.followed(
        by: try Self.files(settings.test, settings), from: settings.test)
      split = ClassSplit(first: own.members.count, of: images.members.count)
    }
    try Self.check(settings, images, split)
    upperModel = try FewShotNetwork.model(settings, images, seed: seed)
    lowerModel = try FewShotNetwork.model(settings, images, seed: seed)
  }

  private static func files(_ text: String, _ settings: FewShotSettings) throws -> ImageFiles {
    if let files = try ImageFiles(
      DataPlace(text), images: settings.images, labels: settings.labels)
    {
      return files
    }
    guard !text.isEmpty else {
      throw SettingError("data is not set: give the folder with the data, --set data=FOLDER")
    }
    guard FileManager.default.fileExists(atPath: text) else {
      throw DataFileError(
        text, "no such file or folder", remedy: "set data to where the data are", isMissing: true)
    }
    throw DataFileError(
      text, "is neither a folder of images nor IMAGES,LABELS",
      remedy: "set data to where the data are")
  }

  private static func split(
    _ classes: Int, _ settings: FewShotSettings, seed: UInt64
  ) throws -> ClassSplit {
    switch settings.split {
    case .random: ClassSplit(random: classes, train: settings.trainClasses, seed: seed)
    case .vinyals:
      try ClassSplit(
        vinyals: try DataFolder(settings.data).path(of: settings.characters, key: "characters"),
        classes: classes)
    }
  }

  private static func check(
    _ settings: FewShotSettings, _ images: ImageClasses, _ split: ClassSplit
  ) throws(SettingError) {
    let fewest = min(split.train.count, split.heldOut.count)
    guard settings.ways <= fewest else {
      throw SettingError(
        "ways=\(settings.ways): of \(images.members.count) classes \(split.train.count) train and "
          + "\(split.heldOut.count) are held out; both must be at least as many as the ways")
    }
    let smallest = images.members.map(\.count).min() ?? 0
    guard settings.shots + settings.query <= smallest else {
      throw SettingError(
        "shots=\(settings.shots), query=\(settings.query): some class has only \(smallest) images; "
          + "ask for no more together")
    }
    guard images.height == images.width || !settings.rotations else {
      throw SettingError(
        "rotations=true: images of \(images.height)x\(images.width) cannot be turned; "
          + "set rotations=false")
    }
  }

  /// The images and their classes.
  public var data: [DataChecksum] { images.checksums }

  /// f.
  public func lowerObjective(_ state: ObjectiveState<Sequential, Sequential>) -> Tensor {
    crossEntropy(state.lowerModel(state.data), state.target)
      + 0.5 * settings.proximal * squaredDistance(state.lowerParameters, state.upperParameters)
  }

  /// That of the proximal term.
  public var lowerPull: Double? { settings.proximal }

  /// F.
  public func upperObjective(_ state: ObjectiveState<Sequential, Sequential>) -> Tensor {
    crossEntropy(state.lowerModel(state.data), state.target)
  }

  /// One task's support and query images.
  ///
  /// - Throws: `TensorError` for arrays that do not fit each other.
  public func task(_ index: Int, step: Int) throws -> TaskExamples {
    var stream = RandomStream(seed: seed, purpose: .task, step: step, index: index)
    return try task(of: split.train, &stream)
  }

  /// Accuracy and cross-entropy on the query images of tasks from held-out classes.
  public var heldOut: HeldOut<Sequential>? {
    HeldOut(
      [.accuracy, .crossEntropy],
      task: { index in
        var stream = RandomStream(seed: seed, purpose: .evaluation, index: index)
        return try task(of: split.heldOut, &stream)
      },
      predict: { $0($1) }, scores: Scores.classification)
  }

  /// Draws a task's classes, each class's turn, and its images.
  private func task(of classes: [Int], _ stream: inout RandomStream) throws -> TaskExamples {
    var support: [Float] = []
    var query: [Float] = []
    for place in stream.choose(settings.ways, of: classes.count) {
      let members = images.members[classes[place]]
      let turns = settings.rotations ? stream.integer(below: 4) : 0
      let drawn = stream.choose(settings.shots + settings.query, of: members.count)
      for (index, member) in drawn.enumerated() {
        let pixels = images.image(members[member], quarterTurns: turns)
        if index < settings.shots { support += pixels } else { query += pixels }
      }
    }
    return TaskExamples(
      train: try examples(support, each: settings.shots),
      validate: try examples(query, each: settings.query))
  }

  private func examples(_ pixels: [Float], each count: Int) throws -> Examples {
    let total = settings.ways * count
    return Examples(
      data: try DataArray([total, images.height, images.width, images.channels], pixels),
      target: DataArray(indices: (0..<total).map { $0 / count }))
  }
}
