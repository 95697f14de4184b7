import BilevelOptimization
import Randomness
import Tensors

/// Examples, split, with part of the training labels replaced.
package struct CorruptedLabels {
  let examples: LabelledExamples
  /// Which of all examples train, validate and test.
  package let train: [Int]
  package let validate: [Int]
  package let test: [Int]
  /// The training examples' labels as given, and as they ought to be as far as that is known.
  package let givenLabels: [Int]
  package let rightLabels: [Int]
  /// Which training labels were drawn anew; some of these may be right by chance.
  package let isReplaced: [Bool]

  /// Whether it is known which training labels are wrong: those that were replaced.
  package var isTruthKnown: Bool { isReplaced.contains(true) }

  /// Labels as they are: the first examples train, in their order, and the others validate.
  init(_ examples: LabelledExamples, trainingWithFirst count: Int) {
    train = Array(0..<count)
    validate = Array(count..<examples.labels.count)
    test = []
    self.examples = examples.standardised(by: train)
    givenLabels = Array(examples.labels[..<count])
    rightLabels = givenLabels
    isReplaced = [Bool](repeating: false, count: count)
  }

  /// Labels of which a part is replaced; so many examples as settings say validate.
  package init(
    _ examples: LabelledExamples, _ settings: LabelCleaningSettings, validation: Int, seed: UInt64
  ) {
    var split = RandomStream(seed: seed, purpose: .split)
    let order = split.permutation(of: examples.labels.count)
    // Always the same ones test and validate, however many train.
    let trainStart = settings.test + validation
    test = Array(order[..<settings.test])
    validate = Array(order[settings.test..<trainStart])
    train = Array(order[trainStart..<trainStart + settings.train])
    self.examples = examples.standardised(by: train)
    rightLabels = train.map { examples.labels[$0] }
    var stream = RandomStream(seed: seed, purpose: .corruption)
    var labels = rightLabels
    var isReplaced = [Bool](repeating: false, count: train.count)
    let count = Int((settings.corruption * Double(train.count)).rounded())
    let classes = examples.classNames.count
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

  /// Clean examples by their place among all.
  func examples(_ indices: [Int]) throws -> Examples {
    Examples(
      data: try examples.inputs(indices),
      target: DataArray(indices: indices.map { examples.labels[$0] }))
  }

  /// Training examples by number, with some labels, and their numbers for the weights.
  func trainExamples(_ numbers: [Int], labels: [Int]) throws -> Examples {
    Examples(
      data: try examples.inputs(numbers.map { train[$0] }),
      target: DataArray(indices: numbers.map { labels[$0] }),
      extras: [.init("example", DataArray(indices: numbers), byRow: true)])
  }
}
