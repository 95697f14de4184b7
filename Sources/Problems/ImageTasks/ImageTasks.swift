import BilevelOptimization
import DataFiles
import Foundation
import Randomness
import Tensors

/// Tasks that tell a few classes of images apart: each draws its classes, a turn for each of them, and support and query
/// images of each. No class both trains and is held out.
struct ImageTasks: Sendable {
  let settings: ImageTaskSettings
  let images: ImageClasses
  private let split: ClassSplit
  private let seed: UInt64
  /// Whether the support images stand before the query images where the upper objective sees these.
  private let givesSupport: Bool

  /// Reads the images.
  ///
  /// - Throws: `DataFileError` for files that cannot be read or do not fit together; `SettingError` for settings
  ///   that ask for more than they hold.
  init(_ settings: ImageTaskSettings, seed: UInt64, givesSupport: Bool = false) throws {
    self.settings = settings
    self.seed = seed
    self.givesSupport = givesSupport
    let own = try Self.classes(settings.data, settings)
    if settings.test.isEmpty {
      images = own
      split = try Self.split(own.members.count, settings, seed: seed)
    } else {
      images = try own.followed(by: try Self.classes(settings.test, settings), from: settings.test)
      split = ClassSplit(first: own.members.count, of: images.members.count)
    }
    try check()
  }

  private static func classes(
    _ text: String, _ settings: ImageTaskSettings
  ) throws -> ImageClasses {
    let place = DataPlace(text)
    if place == .embedded { return ImageClasses(pairsOf: Digits.all) }
    if let files = try ImageFiles(place, images: settings.images, labels: settings.labels) {
      return try ImageClasses(files)
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
    _ classes: Int, _ settings: ImageTaskSettings, seed: UInt64
  ) throws -> ClassSplit {
    switch settings.split {
    case .random:
      ClassSplit(
        random: classes,
        train: settings.trainClasses == 0
          ? max(min(3 * classes / 4, classes - settings.ways), 0) : settings.trainClasses,
        seed: seed)
    case .vinyals:
      try ClassSplit(
        vinyals: try DataFolder(settings.data).path(of: settings.characters, key: "characters"),
        classes: classes)
    }
  }

  private func check() throws(SettingError) {
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
    let shape = images.shape
    guard shape.height == shape.width || !settings.rotations else {
      throw SettingError(
        "rotations=true: images of \(shape.height)x\(shape.width) cannot be turned; "
          + "set rotations=false")
    }
  }

  /// Support images of a task.
  var supportCount: Int { settings.ways * settings.shots }

  /// One task of an upper step, of classes that train.
  ///
  /// - Throws: `TensorError` for arrays that do not fit each other.
  func training(_ index: Int, step: Int) throws -> TaskExamples {
    var stream = RandomStream(seed: seed, purpose: .task, step: step, index: index)
    return try task(of: split.train, &stream)
  }

  /// One task of held-out classes.
  ///
  /// - Throws: `TensorError` for arrays that do not fit each other.
  func heldOut(_ index: Int) throws -> TaskExamples {
    var stream = RandomStream(seed: seed, purpose: .evaluation, index: index)
    return try task(of: split.heldOut, &stream)
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
      validate: try examples(
        query, each: settings.query, behind: givesSupport ? support : []))
  }

  private func examples(
    _ pixels: [Float], each count: Int, behind others: [Float] = []
  ) throws -> Examples {
    let (shape, labels) = (images.shape, (0..<settings.ways * count).map { $0 / count })
    let rows = labels.count + others.count / shape.count
    return Examples(
      data: try DataArray([rows, shape.height, shape.width, shape.channels], others + pixels),
      target: DataArray(indices: labels))
  }
}
