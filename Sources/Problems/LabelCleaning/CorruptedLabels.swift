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
  /// The training images' labels as given, and as they ought to be as far as that is known.
  package let givenLabels: [Int]
  package let rightLabels: [Int]
  /// Which training labels were drawn anew; some of these may be right by chance.
  package let isReplaced: [Bool]

  /// Whether it is known which training labels are wrong: those that were replaced.
  package var isTruthKnown: Bool { isReplaced.contains(true) }

  /// Labels as they are: the first images train, in their order, and the others validate.
  package init(_ images: LabelledImages, trainingWithFirst count: Int) {
    self.images = images
    train = Array(0..<count)
    validate = Array(count..<images.labels.count)
    test = []
    givenLabels = Array(images.labels[..<count])
    rightLabels = givenLabels
    isReplaced = [Bool](repeating: false, count: count)
  }

  /// Labels of which a part is replaced; so many images as settings say validate.
  package init(
    _ images: LabelledImages, _ settings: LabelCleaningSettings, validation: Int, seed: UInt64
  ) {
    self.images = images
    var split = RandomStream(seed: seed, purpose: .split)
    let order = split.permutation(of: images.labels.count)
    // Always the same ones test and validate, however many train.
    let trainStart = settings.test + validation
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
