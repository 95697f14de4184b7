import BilevelOptimization
import Randomness
import Tensors

/// Images, split, with part of the training labels replaced.
package struct CorruptedLabels {
  private let images: LabelledImages
  /// Which of all images train, validate and test.
  package let train: [Int]
  package let validate: [Int]
  package let test: [Int]
  /// The training images' labels as given, and as they ought to be.
  package let givenLabels: [Int]
  package let rightLabels: [Int]
  /// Which training labels were drawn anew; some of these may be right by chance.
  package let isReplaced: [Bool]

  package init(_ images: LabelledImages, _ settings: LabelCleaningSettings, seed: UInt64) {
    self.images = images
    var split = RandomStream(seed: seed, purpose: .split)
    let order = split.permutation(of: images.labels.count)
    // Always the same ones test and validate, however many train.
    let trainStart = settings.test + settings.validation
    test = Array(order[..<settings.test])
    validate = Array(order[settings.test..<trainStart])
    train = Array(order[trainStart..<trainStart + settings.train])
    rightLabels = train.map { images.labels[$0] }
    var stream = RandomStream(seed: seed, purpose: .corruption)
    var labels = rightLabels
    var isReplaced = [Bool](repeating: false, count: train.count)
    let count = Int((settings.corruption * Double(train.count)).rounded())
    let classes = images.classCount
    for number in stream.choose(count, of: train.count) {
      isReplaced[number] = true
      labels[number] =
        switch settings.corruptionKind {
        // Truly wrong: one of the other classes.
        case .wrong: (labels[number] + 1 + stream.integer(below: classes - 1)) % classes
        case .anyClass: stream.integer(below: classes)
        }
    }
    givenLabels = labels
    self.isReplaced = isReplaced
  }

  /// Clean examples by their place among all images.
  func examples(_ indices: [Int]) throws -> Examples {
    Examples(
      data: try images.images(indices),
      target: DataArray(indices: indices.map { images.labels[$0] }))
  }

  /// Training examples by number, with some labels, and their numbers for the weights.
  func trainExamples(_ numbers: [Int], labels: [Int]) throws -> Examples {
    Examples(
      data: try images.images(numbers.map { train[$0] }),
      target: DataArray(indices: numbers.map { labels[$0] }),
      extras: [.init("example", DataArray(indices: numbers), byRow: true)])
  }
}
