import BilevelOptimization
import Randomness
import Tensors

/// Examples, split, with part of the training labels replaced.
package struct CorruptedLabels {
  package let examples: LabelledExamples
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

  /// Labels as they are, in these parts.
  init(asGiven examples: LabelledExamples, _ split: DataSplit) {
    (train, validate, test) = (split.train, split.validate, split.test)
    self.examples = examples.standardised(by: train)
    givenLabels = train.map { examples.labels[$0] }
    rightLabels = givenLabels
    isReplaced = [Bool](repeating: false, count: train.count)
  }

  /// Labels of which a part is replaced, as settings say.
  init(
    _ examples: LabelledExamples, _ split: DataSplit, _ settings: LabelCleaningSettings,
    seed: UInt64
  ) {
    (train, validate, test) = (split.train, split.validate, split.test)
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
